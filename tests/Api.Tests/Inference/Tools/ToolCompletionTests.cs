using System.Text.Json;
using LisaOrleans.Data;

namespace LisaOrleans.Api.Tests;

/// <summary>A model that learned to call a tool, by a template of its folder, is asked with tools.</summary>
public sealed class ToolCompletionTests(ToolCompletionTests.Trained trained) : IClassFixture<ToolCompletionTests.Trained>
{
    private const string Arguments = """{"animal": "owl"}""";

    private static readonly object s_tools = new[]
    {
        new { type = "function", function = new { name = "food", parameters = new { type = "object" } } },
    };

    private static readonly object s_user = new { role = "user", content = "What eats the owl?" };

    [Fact]
    public async Task AnswerAsync_call_of_the_model_is_a_tool_call_whole_and_streamed()
    {
        await using var server = await CompletionServer.StartAsync(new InferenceOptions(), trained.Run.Store);
        var answer = await server.AskAsync(CompletionServer.Chat, Request(false));
        var choice = answer.GetProperty("choices")[0];
        var message = choice.GetProperty("message");
        Assert.Equal("tool_calls", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(JsonValueKind.Null, message.GetProperty("content").ValueKind);
        var call = Assert.Single(message.GetProperty("tool_calls").EnumerateArray());
        Assert.Equal(("function", "food"), (call.GetProperty("type").GetString(), call.GetProperty("function").GetProperty("name").GetString()));
        Assert.Equal(Arguments, call.GetProperty("function").GetProperty("arguments").GetString());

        var events = await server.StreamAsync(CompletionServer.Chat, Request(true));
        var choices = events.Select(e => e.GetProperty("choices")[0]).ToArray();
        Assert.Equal("tool_calls", choices[^1].GetProperty("finish_reason").GetString());
        var delta = Assert.Single(choices.Select(c => c.GetProperty("delta")), d => d.TryGetProperty("tool_calls", out _));
        var streamed = delta.GetProperty("tool_calls")[0];
        Assert.Equal(0, streamed.GetProperty("index").GetInt32());
        Assert.Equal(Arguments, streamed.GetProperty("function").GetProperty("arguments").GetString());

        static object Request(bool stream) =>
            new { model = "tools", messages = new[] { s_user }, tools = s_tools, temperature = 0, max_tokens = 100, stream };
    }

    [Fact]
    public async Task AnswerAsync_result_of_a_call_is_written_by_the_template_and_answered()
    {
        await using var server = await CompletionServer.StartAsync(new InferenceOptions(), trained.Run.Store);
        var call = new { id = "call_1", type = "function", function = new { name = "food", arguments = Arguments } };
        object[] messages =
        [
            s_user, new { role = "assistant", content = (string?)null, tool_calls = new[] { call } },
            new { role = "tool", tool_call_id = "call_1", content = "mice" },
        ];
        var answer = await server.AskAsync(
            CompletionServer.Chat, new { model = "tools", messages, tools = s_tools, tool_choice = "auto", temperature = 0, max_tokens = 40 });
        Assert.Equal("It eats mice.", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("stop", answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString());

        // The prompt is what the template writes of it.
        const string Written = "food|user>What eats the owl?</s>assistant>" + Trained.Spoken + "</s>tool>mice</s>assistant>";
        Assert.Equal(
            TokenizerLoader.Load(trained.Model).EncodeWithSpecialTokens(Written).Length,
            answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
    }

    [Fact]
    public async Task AnswerAsync_call_that_is_cut_off_or_names_no_given_tool_is_said()
    {
        await using var server = await CompletionServer.StartAsync(new InferenceOptions(), trained.Run.Store);
        var cut = await server.AskAsync(
            CompletionServer.Chat, new { model = "tools", messages = new[] { s_user }, tools = s_tools, temperature = 0, max_tokens = 12 });
        Assert.Equal("length", cut.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        var message = cut.GetProperty("choices")[0].GetProperty("message");
        Assert.StartsWith("<tool_call>", message.GetProperty("content").GetString()!.TrimStart(), StringComparison.Ordinal);
        Assert.False(message.TryGetProperty("tool_calls", out _));
    }

    /// <summary>The sample model with a template that writes calls, trained until it makes one.</summary>
    public sealed class Trained : IAsyncLifetime
    {
        public const string Spoken = $$"""<tool_call>{"name": "food", "arguments": {{Arguments}}}</tool_call>""";

        private const string Template =
            """
            {% if tools %}{% for t in tools %}{{ t.function.name }}|{% endfor %}{% endif %}
            {%- for m in messages %}{{ m.role }}>{% if m.tool_calls %}{% for c in m.tool_calls -%}
            <tool_call>{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}</tool_call>{% endfor %}
            {%- else %}{{ m.content }}{% endif %}</s>{% endfor %}{% if add_generation_prompt %}assistant>{% endif %}
            """;

        private readonly TempFolder _folder = new();

        internal FinishedRun Run { get; } = new();

        internal string Model => _folder["model"];

        public async ValueTask InitializeAsync()
        {
            Directory.CreateDirectory(Model);
            foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "samples", "tiny-stories")))
                File.Copy(file, Path.Combine(Model, Path.GetFileName(file)));
            await File.WriteAllTextAsync(Path.Combine(Model, "chat_template.jinja"), Template);
            var call = new { function = new { name = "food", arguments = JsonElement.Parse(Arguments) } };
            var record = new
            {
                messages = new object[]
                {
                    s_user, new { role = "assistant", tool_calls = new[] { call } }, new { role = "tool", content = "mice" },
                    new { role = "assistant", content = "It eats mice." },
                },
                tools = s_tools,
            };
            await File.WriteAllTextAsync(_folder["data.jsonl"], JsonSerializer.Serialize(record));
            await Run.ImportAsync("tools", Model, _folder["data.jsonl"]);
            await Run.TrainAsync("tools");
        }

        public ValueTask DisposeAsync()
        {
            Run.Dispose();
            _folder.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
