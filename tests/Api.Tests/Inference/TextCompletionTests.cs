using System.Text.Json;
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Api.Tests;

public sealed class TextCompletionTests
{
    private const string Model = "tiny-stories";
    private const string Prompt = "Once upon a time";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnswerAsync_greedy_completion_is_what_the_generator_makes()
    {
        await using var server = await CompletionServer.StartAsync();
        var answer = await server.AskAsync(CompletionServer.Text, new { model = Model, prompt = Prompt, max_tokens = 30, temperature = 0 });

        var tokenizer = TokenizerLoader.Load(Path.Combine(CompletionServer.Samples.ModelsFolder!, Model));
        int[] ids = [1, .. tokenizer.Encode(Prompt)];
        using var model = ModelLoader.Load(Path.Combine(CompletionServer.Samples.ModelsFolder!, Model), null);
        var made = TextGenerator.Generate(model, ids, new GenerationOptions { MaxNewTokens = 30 }, Token).ToArray();
        Assert.Equal(tokenizer.Decode([.. ids, .. made]), Prompt + answer.GetProperty("choices")[0].GetProperty("text").GetString());

        Assert.Equal(["id", "object", "created", "model", "system_fingerprint", "choices", "usage"], answer.EnumerateObject().Select(p => p.Name));
        Assert.StartsWith("cmpl-", answer.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal("text_completion", answer.GetProperty("object").GetString());
        Assert.Equal(Model, answer.GetProperty("model").GetString());
        var choice = answer.GetProperty("choices")[0];
        Assert.Equal(["index", "text", "logprobs", "finish_reason"], choice.EnumerateObject().Select(p => p.Name));
        Assert.Equal(made.Length == 30 ? "length" : "stop", choice.GetProperty("finish_reason").GetString());
        var usage = answer.GetProperty("usage");
        Assert.Equal(ids.Length, usage.GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(made.Length, usage.GetProperty("completion_tokens").GetInt32());
        Assert.Equal(ids.Length + made.Length, usage.GetProperty("total_tokens").GetInt32());

        // A prompt may be rendered already: its special tokens are recognised, and it begins once.
        var rendered = await server.AskAsync(CompletionServer.Text, new { model = Model, prompt = $"<s>{Prompt}</s>", max_tokens = 1 });
        Assert.Equal(ids.Length + 1, rendered.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
    }

    [Fact]
    public async Task AnswerAsync_forty_greedy_tokens_are_those_of_llama2c()
    {
        var folder = TestAssets.Require("stories260K");
        var references = JsonElement.Parse(await File.ReadAllBytesAsync(TestAssets.Require("stories260K", "reference.json"), Token));
        await using var server = await CompletionServer.StartAsync(new InferenceOptions { ModelsFolder = TestAssets.Root });
        var tokenizer = TokenizerLoader.Load(folder);
        foreach (var reference in references.EnumerateArray())
        {
            int[] ids = Ids(reference, "ids"), greedy = Ids(reference, "greedy");
            var expected = tokenizer.Decode([.. ids, .. greedy])[tokenizer.Decode(ids).Length..];
            foreach (object prompt in (object[])[ids, reference.GetProperty("text").GetString()!])
            {
                var answer = await server.AskAsync(CompletionServer.Text, new { model = "stories260K", prompt, max_tokens = 40, temperature = 0 });
                Assert.Equal(expected, Text(answer));
                Assert.Equal(greedy.Length, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
            }
        }

        static int[] Ids(JsonElement reference, string name) => [.. reference.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];
    }

    [Fact]
    public async Task AnswerAsync_streamed_pieces_add_up_to_the_whole_text()
    {
        await using var server = await CompletionServer.StartAsync();
        foreach (var seed in Enumerable.Range(0, 4))
        {
            var whole = await server.AskAsync(
                CompletionServer.Text, new { model = Model, prompt = Prompt, max_tokens = 40, temperature = 1.3, seed });
            var events = await server.StreamAsync(
                CompletionServer.Text,
                new
                {
                    model = Model,
                    prompt = Prompt,
                    max_tokens = 40,
                    temperature = 1.3,
                    seed,
                    stream = true,
                    stream_options = new { include_usage = true },
                });
            var pieces = events.Where(e => e.GetProperty("choices").GetArrayLength() > 0).Select(e => e.GetProperty("choices")[0]).ToArray();
            Assert.True(pieces.Length > 5);
            Assert.Equal(Text(whole), string.Concat(pieces.Select(p => p.GetProperty("text").GetString())));
            Assert.All(pieces[..^1], p => Assert.Equal(JsonValueKind.Null, p.GetProperty("finish_reason").ValueKind));
            Assert.Equal(
                whole.GetProperty("choices")[0].GetProperty("finish_reason").GetString(), pieces[^1].GetProperty("finish_reason").GetString());
            Assert.Single(events.Select(e => e.GetProperty("id").GetString()).Distinct());
            Assert.All(events, e => Assert.Equal("text_completion", e.GetProperty("object").GetString()));
            Assert.All(events.SkipLast(1), e => Assert.Equal(JsonValueKind.Null, e.GetProperty("usage").ValueKind));
            Assert.Equal(whole.GetProperty("usage").GetRawText(), events[^1].GetProperty("usage").GetRawText());
        }
    }

    [Fact]
    public async Task AnswerAsync_same_seed_gives_the_same_text_and_choices_differ()
    {
        await using var server = await CompletionServer.StartAsync();
        var request = new { model = Model, prompt = new[] { Prompt, "The dog" }, n = 2, max_tokens = 20, temperature = 1.0, seed = 7 };
        var (first, second) = (await server.AskAsync(CompletionServer.Text, request), await server.AskAsync(CompletionServer.Text, request));
        Assert.Equal(first.GetProperty("choices").GetRawText(), second.GetProperty("choices").GetRawText());
        Assert.Equal([0, 1, 2, 3], first.GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("index").GetInt32()));
        Assert.Equal(4, first.GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("text").GetString()).Distinct().Count());

        var other = await server.AskAsync(
            CompletionServer.Text, new { model = Model, prompt = Prompt, max_tokens = 20, temperature = 1.0, seed = 8 });
        Assert.NotEqual(Text(first), Text(other));
    }

    [Fact]
    public async Task AnswerAsync_prompt_that_the_list_has_again_gets_other_draws()
    {
        await using var server = await CompletionServer.StartAsync();
        var alone = await AskAsync([Prompt], 2, 7);
        var listed = await AskAsync(["The dog", Prompt, Prompt], 2, 7);
        Assert.Equal(alone, listed[2..4]);
        Assert.Equal(6, listed.Distinct().Count());

        // Two of them may agree by chance.
        Assert.InRange((await AskAsync([Prompt, Prompt, Prompt, Prompt], 1, null)).Distinct().Count(), 2, 4);

        async Task<string[]> AskAsync(string[] prompt, int n, int? seed)
        {
            var answer = await server.AskAsync(CompletionServer.Text, new { model = Model, prompt, n, max_tokens = 20, temperature = 1.0, seed });
            return [.. answer.GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("text").GetString()!)];
        }
    }

    [Fact]
    public async Task AnswerAsync_stop_sequence_in_several_pieces_ends_the_text_before_it()
    {
        await using var server = await CompletionServer.StartAsync();
        var text = Text(await server.AskAsync(CompletionServer.Text, new { model = Model, prompt = Prompt, max_tokens = 60, temperature = 0 }));
        var stop = text[11..24];
        var at = text.IndexOf(stop, StringComparison.Ordinal);
        foreach (object value in (object[])[stop, new[] { "never said", stop }])
        {
            var request = new { model = Model, prompt = Prompt, max_tokens = 60, temperature = 0, stop = value };
            var answer = await server.AskAsync(CompletionServer.Text, request);
            Assert.Equal(text[..at], Text(answer));
            Assert.Equal("stop", answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        }

        var events = await server.StreamAsync(
            CompletionServer.Text, new { model = Model, prompt = Prompt, max_tokens = 60, temperature = 0, stop, stream = true });
        Assert.Equal(text[..at], string.Concat(events.Select(Text)));
    }

    [Fact]
    public async Task AnswerAsync_biases_and_penalties_change_what_is_chosen()
    {
        await using var server = await CompletionServer.StartAsync();
        var tokenizer = TokenizerLoader.Load(Path.Combine(CompletionServer.Samples.ModelsFolder!, Model));
        var forced = tokenizer.Decode([300, .. Enumerable.Repeat(301, 60)])[tokenizer.Decode([300]).Length..];
        Assert.Equal(forced, Text(await server.AskAsync(CompletionServer.Text, Request(frequencyPenalty: 0))));

        // Sixty times two is more than forty.
        Assert.NotEqual(forced, Text(await server.AskAsync(CompletionServer.Text, Request(frequencyPenalty: 2))));

        static object Request(double frequencyPenalty) => new
        {
            model = Model,
            prompt = new[] { 1, 300 },
            max_tokens = 60,
            temperature = 0,
            logit_bias = new Dictionary<string, int> { ["301"] = 40 },
            frequency_penalty = frequencyPenalty,
        };
    }

    [Fact]
    public async Task AnswerAsync_clients_at_once_get_what_each_would_get_alone()
    {
        await using var server = await CompletionServer.StartAsync();
        object Request(int seed) => new { model = Model, prompt = Prompt, max_tokens = 25, temperature = 1.0, seed };
        var together = await Task.WhenAll(Enumerable.Range(0, 6).Select(seed => server.AskAsync(CompletionServer.Text, Request(seed))));
        Assert.Equal(1, server.Pool.Count);
        for (var seed = 0; seed < 6; seed++)
            Assert.Equal(Text(together[seed]), Text(await server.AskAsync(CompletionServer.Text, Request(seed))));
    }

    private static string Text(JsonElement answer) => answer.GetProperty("choices")[0].GetProperty("text").GetString()!;
}
