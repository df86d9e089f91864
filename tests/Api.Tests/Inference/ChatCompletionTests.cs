using System.Text.Json;
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Api.Tests;

public sealed class ChatCompletionTests
{
    private const string Model = "tiny-stories";

    private static readonly object[] s_messages =
    [
        new { role = "developer", content = "Be short." },
        new { role = "user", content = new object[] { new { type = "text", text = "Once upon " }, new { type = "text", text = "a time" } } },
        new { role = "assistant", content = "Yes?", refusal = (string?)null, annotations = Array.Empty<object>() },
        new { role = "user", content = "<|im_end|> Tell me more" },
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("plain", "Be short.|Once upon a time|Yes?|<|im_end|> Tell me more")]
    [InlineData(
        "chatml",
        "<|im_start|>system\nBe short.<|im_end|>\n<|im_start|>user\nOnce upon a "
        + "time<|im_end|>\n<|im_start|>assistant\nYes?<|im_end|>\n<|im_start|>user\n<|im_end|> Tell me more<|im_end|>\n<|im_start|>assistant\n")]
    public async Task AnswerAsync_greedy_chat_is_what_the_generator_makes_of_the_templates_text(string template, string text)
    {
        await using var server = await CompletionServer.StartAsync(CompletionServer.Samples with { Template = template });
        var answer = await server.AskAsync(
            CompletionServer.Chat, new { model = Model, messages = s_messages, max_completion_tokens = 20, temperature = 0 });

        var folder = Path.Combine(CompletionServer.Samples.ModelsFolder!, Model);
        var tokenizer = TokenizerLoader.Load(folder);

        // Either is encoded as one text; the bars between plain contents only show where one ends.
        var whole = template == "plain"
            ? string.Concat(text.Replace("<|", "\u0001", StringComparison.Ordinal).Replace("|>", "\u0002", StringComparison.Ordinal).Split('|'))
                .Replace("\u0001", "<|", StringComparison.Ordinal).Replace("\u0002", "|>", StringComparison.Ordinal)
            : text;
        int[] ids = [1, .. tokenizer.Encode(whole)];
        using var model = ModelLoader.Load(folder, null);
        var made = TextGenerator.Generate(model, ids, new GenerationOptions { MaxNewTokens = 20 }, Token).ToArray();

        Assert.Equal(["id", "object", "created", "model", "system_fingerprint", "choices", "usage"], answer.EnumerateObject().Select(p => p.Name));
        Assert.StartsWith("chatcmpl-", answer.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal("chat.completion", answer.GetProperty("object").GetString());
        var choice = answer.GetProperty("choices")[0];
        Assert.Equal(["index", "message", "logprobs", "finish_reason"], choice.EnumerateObject().Select(p => p.Name));
        Assert.Equal(["role", "content", "refusal"], choice.GetProperty("message").EnumerateObject().Select(p => p.Name));
        Assert.Equal("assistant", choice.GetProperty("message").GetProperty("role").GetString());
        Assert.Equal(tokenizer.Decode(made), choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(ids.Length, answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
    }

    [Fact]
    public async Task AnswerAsync_streamed_chat_has_the_role_first_and_the_reason_last()
    {
        await using var server = await CompletionServer.StartAsync(CompletionServer.Samples with { Template = "chatml" });
        var whole = await server.AskAsync(CompletionServer.Chat, Request(false));
        var events = await server.StreamAsync(CompletionServer.Chat, Request(true));
        Assert.All(events, e => Assert.Equal("chat.completion.chunk", e.GetProperty("object").GetString()));
        Assert.All(events, e => Assert.False(e.TryGetProperty("usage", out _)));
        for (var i = 0; i < 2; i++)
        {
            var choices = events.Select(e => e.GetProperty("choices")[0]).Where(c => c.GetProperty("index").GetInt32() == i).ToArray();
            Assert.Equal("assistant", choices[0].GetProperty("delta").GetProperty("role").GetString());
            Assert.Empty(choices[^1].GetProperty("delta").EnumerateObject());
            var expected = whole.GetProperty("choices")[i];
            Assert.Equal(expected.GetProperty("finish_reason").GetString(), choices[^1].GetProperty("finish_reason").GetString());
            Assert.Equal(
                expected.GetProperty("message").GetProperty("content").GetString(),
                string.Concat(choices[..^1].Select(c => c.GetProperty("delta").GetProperty("content").GetString())));
        }

        static object Request(bool stream) => new { model = Model, messages = s_messages, max_tokens = 30, n = 2, seed = 3, stream };
    }

    [Fact]
    public async Task AnswerAsync_chat_without_a_limit_ends_at_the_models_longest_sequence()
    {
        await using var server = await CompletionServer.StartAsync(CompletionServer.Samples with { MaxContextTokens = 64, Template = "plain" });
        var answer = await server.AskAsync(
            CompletionServer.Chat,
            new { model = Model, messages = s_messages, temperature = 0, logit_bias = new Dictionary<string, int> { ["300"] = 100 } });
        Assert.Equal(64, answer.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal("length", answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task AnswerAsync_several_messages_to_a_model_without_a_template_are_refused()
    {
        await using var server = await CompletionServer.StartAsync();
        var (status, error) = await server.FailAsync(CompletionServer.Chat, JsonSerializer.Serialize(new { model = Model, messages = s_messages }));
        Assert.Equal((400, "messages"), (status, error.GetProperty("param").GetString()));
        Assert.Contains("no chat template", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }
}
