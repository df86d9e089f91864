using System.Text;
using CsCheck;

namespace LisaOrleans.Api.Tests;

/// <summary>Whatever a body holds, it is a request, or the caller is told what is wrong with it; it is never a server error.</summary>
public sealed class CompletionFuzzTests
{
    private static readonly string[] s_scalars =
    [
        "null", "true", "false", "0", "-1", "1", "2.5", "1e999", "-1e400", "99999999999999999999", "\"\"", "\"user\"", "\"text\"",
        "\"\\ud800\"", "\"\\u0000\"", "\"😀\"", "[]", "{}", "[1]", "[[1]]", "[\"a\"]", "[null]", "{\"\\ud800\": 1}", "{\"type\": \"text\"}",
        "{\"type\": \"\\ud800\"}", "{\"include_usage\": true}", "{\"300\": 5}", "{\"role\": \"user\", \"content\": \"a\"}",
        "[{\"role\": \"user\", \"content\": \"a\"}]", "[{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"a\"}]}]",
    ];

    private static readonly string[] s_names =
    [
        "messages", "prompt", "max_tokens", "max_completion_tokens", "temperature", "top_p", "n", "stop", "seed", "stream", "stream_options",
        "frequency_penalty", "presence_penalty", "logit_bias", "logprobs", "top_logprobs", "echo", "best_of", "suffix", "user", "tools",
        "response_format", "store", "metadata", "role", "x", "\\ud800", "",
    ];

    private static readonly Gen<string> s_value = Gen.Frequency(
        (5, OneOf(s_scalars)),
        (1, OneOf(s_scalars).Array[0, 3].Select(v => $"[{string.Join(", ", v)}]")));

    private static readonly Gen<string> s_body = Gen.Select(OneOf(s_names), s_value).Array[0, 6].Select(
        fields => $$"""{"model": "m"{{string.Concat(fields.DistinctBy(f => f.Item1).Select(f => $", \"{f.Item1}\": {f.Item2}"))}}}""");

    [Fact]
    public void Read_any_object_is_a_request_or_refused_with_400() => Gen.Select(s_body, Gen.Bool).Sample((body, chat) =>
    {
        try
        {
            using var document = ApiBody.Parse(Encoding.UTF8.GetBytes(body), 64);
            Assert.NotNull(CompletionRequestReader.Read(document.RootElement, chat));
        }
        catch (ApiException e)
        {
            Assert.Equal(400, e.Status);
        }
    }, iter: 20000);

    [Fact]
    public async Task AnswerAsync_any_bytes_are_answered_without_a_server_error()
    {
        await using var server = await CompletionServer.StartAsync();
        var bodies = new List<byte[]> { new byte[] { 0xEF, 0xBB, 0xBF }, new byte[] { 0xFF }, Encoding.UTF8.GetBytes(new string('[', 100_000)) };
        Gen.Byte.Array[0, 60].Sample(bodies.Add, iter: 50, threads: 1);
        s_body.Sample(
            b => bodies.Add(Encoding.UTF8.GetBytes(b.Replace("\"m\"", "\"tiny-stories\"", StringComparison.Ordinal))), iter: 100, threads: 1);
        foreach (var path in (string[])[CompletionServer.Text, CompletionServer.Chat])
        {
            foreach (var body in bodies)
            {
                using var content = new ByteArrayContent(body);
                content.Headers.ContentType = new("application/json");
                using var response = await server.Client.PostAsync(path, content, TestContext.Current.CancellationToken);
                Assert.True((int)response.StatusCode < 500, $"{response.StatusCode}: {Encoding.UTF8.GetString(body)}");
            }
        }
    }

    private static Gen<string> OneOf(string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
