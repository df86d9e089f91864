namespace LisaOrleans.Api.Tests;

public sealed class CompletionErrorTests
{
    private const string Good = """ "model": "tiny-stories", "max_tokens": 3 """;

    [Theory]
    [InlineData("", "invalid_json", null)]
    [InlineData("{", "invalid_json", null)]
    [InlineData("{} {}", "invalid_json", null)]
    [InlineData("""{"model": "a", "model": "b"}""", "invalid_value", "model")]
    [InlineData("\"text\"", "invalid_type", "body")]
    [InlineData("{}", "missing_required_parameter", "model")]
    [InlineData("""{"model": 3}""", "invalid_type", "model")]
    [InlineData("""{"model": "\ud800", "prompt": "a"}""", "invalid_json", null)]
    [InlineData("""{"model": "tiny-stories"}""", "missing_required_parameter", "prompt")]
    [InlineData("""{"model": "tiny-stories", "prompt": null}""", "missing_required_parameter", "prompt")]
    [InlineData("{*, \"prompt\": []}", "empty_array", "prompt")]
    [InlineData("{*, \"prompt\": [1, \"a\"]}", "invalid_type", "prompt[1]")]
    [InlineData("{*, \"prompt\": [\"a\", [1.5]]}", "invalid_type", "prompt[1][0]")]
    [InlineData("{*, \"prompt\": [[]]}", "invalid_value", "prompt")]
    [InlineData("{*, \"prompt\": [512]}", "invalid_value", "prompt")]
    [InlineData("{*, \"prompt\": [-1]}", "invalid_value", "prompt")]
    [InlineData("{*, \"prompt\": {}}", "invalid_type", "prompt")]
    [InlineData("{*, \"prompt\": \"\\ud83d\"}", "invalid_json", null)]
    [InlineData("{*, \"prompt\": \"a\", \"temperature\": \"hot\"}", "invalid_type", "temperature")]
    [InlineData("{*, \"prompt\": \"a\", \"temperature\": 2.1}", "decimal_above_max_value", "temperature")]
    [InlineData("{*, \"prompt\": \"a\", \"temperature\": 1e999}", "decimal_above_max_value", "temperature")]
    [InlineData("{*, \"prompt\": \"a\", \"top_p\": -0.1}", "decimal_below_min_value", "top_p")]
    [InlineData("{*, \"prompt\": \"a\", \"n\": 0}", "integer_below_min_value", "n")]
    [InlineData("{*, \"prompt\": \"a\", \"n\": 1.5}", "invalid_type", "n")]
    [InlineData("{*, \"prompt\": \"a\", \"seed\": 99999999999999999999}", "invalid_type", "seed")]
    [InlineData("{*, \"prompt\": \"a\", \"stream\": 1}", "invalid_type", "stream")]
    [InlineData("{*, \"prompt\": \"a\", \"stream_options\": {}}", "invalid_value", "stream_options")]
    [InlineData("{*, \"prompt\": \"a\", \"stop\": [\"\"]}", "invalid_value", "stop")]
    [InlineData("{*, \"prompt\": \"a\", \"stop\": [\"1\", \"2\", \"3\", \"4\", \"5\"]}", "invalid_value", "stop")]
    [InlineData("{*, \"prompt\": \"a\", \"logit_bias\": {\"x\": 1}}", "invalid_value", "logit_bias")]
    [InlineData("{*, \"prompt\": \"a\", \"logit_bias\": {\"512\": 1}}", "invalid_value", "logit_bias")]
    [InlineData("{*, \"prompt\": \"a\", \"logit_bias\": {\"1\": 1, \"01\": 1}}", "invalid_value", "logit_bias")]
    [InlineData("{*, \"prompt\": \"a\", \"logprobs\": 2}", "unsupported_parameter", "logprobs")]
    [InlineData("{*, \"prompt\": \"a\", \"echo\": true}", "unsupported_parameter", "echo")]
    [InlineData("{*, \"prompt\": \"a\", \"best_of\": 2}", "unsupported_parameter", "best_of")]
    [InlineData("{*, \"prompt\": \"a\", \"suffix\": \"b\"}", "unsupported_parameter", "suffix")]
    [InlineData("{*, \"prompt\": \"a\", \"warmth\": 1}", "unknown_parameter", "warmth")]
    public async Task AnswerAsync_wrong_request_for_a_text_is_refused(string body, string code, string? param) =>
        await RefusedAsync(CompletionServer.Text, body, code, param);

    [Theory]
    [InlineData("{*}", "missing_required_parameter", "messages")]
    [InlineData("{*, \"messages\": []}", "invalid_array_length", "messages")]
    [InlineData("{*, \"messages\": \"hello\"}", "invalid_type", "messages")]
    [InlineData("{*, \"messages\": [\"hello\"]}", "invalid_type", "messages[0]")]
    [InlineData("{*, \"messages\": [{\"role\": \"user\"}]}", "missing_required_parameter", "messages[0].content")]
    [InlineData("{*, \"messages\": [{\"role\": \"robot\", \"content\": \"a\"}]}", "invalid_value", "messages[0].role")]
    [InlineData("{*, \"messages\": [{\"role\": \"function\", \"content\": \"a\"}]}", "unsupported_parameter", "messages[0].role")]
    [InlineData(
        "{*, \"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}]}",
        "unsupported_parameter", "messages[0].content[0].type")]
    [InlineData("{*, \"messages\": [{\"role\": \"user\", \"content\": \"a\", \"name\": \"b\"}]}", "unsupported_parameter", "messages[0].name")]
    [InlineData(
        "{*, \"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"response_format\": {\"type\": \"json_object\"}}",
        "unsupported_parameter", "response_format")]
    [InlineData("{*, \"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"logprobs\": true}", "unsupported_parameter", "logprobs")]
    [InlineData(
        "{*, \"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"max_completion_tokens\": 3}", "invalid_parameter_combination", "max_tokens")]
    [InlineData("{*, \"messages\": [{\"role\": \"user\", \"content\": \"\"}]}", null, null)]
    [InlineData(
        "{*, \"prompt_cache_options\": {\"mode\": \"explicit\"}, \"messages\": [{\"role\": \"user\", \"content\": "
            + "[{\"type\": \"text\", \"text\": \"a\", \"prompt_cache_breakpoint\": {\"mode\": \"explicit\"}}]}]}",
        null, null)]
    public async Task AnswerAsync_wrong_conversation_is_refused(string body, string? code, string? param)
    {
        if (code is not null) await RefusedAsync(CompletionServer.Chat, body, code, param);
        else await AcceptedAsync(CompletionServer.Chat, body);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("../samples/tiny-stories")]
    [InlineData("tiny-stories/")]
    [InlineData("..")]
    [InlineData("ft:")]
    [InlineData("ft:../../x")]
    [InlineData("/etc")]
    [InlineData("make")]
    [InlineData("\\u0000")]
    public async Task AnswerAsync_unknown_model_is_not_found(string model)
    {
        await using var server = await CompletionServer.StartAsync();
        var (status, error) = await server.FailAsync(CompletionServer.Text, $$"""{"model": "{{model}}", "prompt": "a"}""");
        Assert.Equal((404, "model_not_found"), (status, error.GetProperty("code").GetString()));
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
    }

    [Fact]
    public async Task AnswerAsync_request_that_is_too_long_is_refused_with_the_numbers()
    {
        await using var server = await CompletionServer.StartAsync(CompletionServer.Samples with { MaxRequestBytes = 4096 });
        foreach (var (prompt, tokens) in ((string, int)[])[("[1, 5, 6]", 254), ($"[{string.Join(", ", Enumerable.Repeat(5, 256))}]", 1)])
        {
            var (status, error) = await server.FailAsync(
                CompletionServer.Text, $$"""{"model": "tiny-stories", "prompt": {{prompt}}, "max_tokens": {{tokens}}, "stream": true}""");
            Assert.Equal((400, "context_length_exceeded"), (status, error.GetProperty("code").GetString()));
            Assert.StartsWith(
                "This model's maximum context length is 256 tokens. However, you requested 257 tokens",
                error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        var (large, body) = await server.FailAsync(CompletionServer.Text, $$"""{"model": "tiny-stories", "prompt": "{{new string('a', 5000)}}"}""");
        Assert.Equal((413, "request_too_large"), (large, body.GetProperty("code").GetString()));
        var (type, wrong) = await server.FailAsync(CompletionServer.Text, "{}", "text/plain");
        Assert.Equal((415, "unsupported_content_type"), (type, wrong.GetProperty("code").GetString()));
    }

    private static async Task RefusedAsync(string path, string body, string code, string? param)
    {
        await using var server = await CompletionServer.StartAsync();
        var (status, error) = await server.FailAsync(path, body.Replace("*", Good, StringComparison.Ordinal));
        Assert.Equal((400, code, param), (status, error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.NotEqual("", error.GetProperty("message").GetString());
    }

    private static async Task AcceptedAsync(string path, string body)
    {
        await using var server = await CompletionServer.StartAsync();
        await server.AskAsync(path, System.Text.Json.JsonElement.Parse(body.Replace("*", Good, StringComparison.Ordinal)));
    }
}
