using System.Net.Http.Headers;
using System.Text;

namespace LisaOrleans.EndToEnd;

/// <summary>Requests that nobody would send on purpose: no answer is a 500, and nothing lands outside the store.</summary>
public sealed class FuzzTests
{
    private const int Requests = 500;

    private static readonly string[] s_methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"];

    private static readonly string[] s_paths =
    [
        "/v1/files", "/v1/files/{x}", "/v1/files/{x}/content", "/v1/models", "/v1/models/{x}", "/v1/fine_tuning/jobs", "/v1/fine_tuning/jobs/{x}",
        "/v1/fine_tuning/jobs/{x}/cancel", "/v1/fine_tuning/jobs/{x}/pause", "/v1/fine_tuning/jobs/{x}/resume", "/v1/fine_tuning/jobs/{x}/events",
        "/v1/fine_tuning/jobs/{x}/checkpoints", "/v1/chat/completions", "/v1/completions",
        "/v1/{x}", "/{x}", "/", "/metrics", "/health/{x}", "/openapi/{x}", "/docs",
    ];

    private static readonly string[] s_words =
    [
        "", "file-", "ftjob-", "file-..", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e%2f",
        "..%5c..%5c", "%00", "%ff%fe", "a%0d%0ab", "tiny-stories", "ft:", "ft::::",
        "ft:tiny-stories:lisa::x", "file-%F0%9F%98%80", "ftjob-" + new string('a', 300),
        "9999999999999999999999999999", "-1", "null", "*", "'--", "{}", "%7B%7D",
        "ftevent-s1", "ftevent-s99999999999999999999", "ftevent-a000001", "true", "[]",
    ];

    private static readonly string[] s_values =
    [
        "null", "true", "0", "-1", "1e308", "1e999", "123456789012345678901234567890", "0.1",
        "\"\"", "\"auto\"", "\"x\"", "\"\\ud800\"", "\"\\u0000\"", "[]", "[[[[]]]]",
        "{}", "{\"type\":\"lisa\"}", "{\"type\":\"lisa\",\"lisa\":{\"hyperparameters\":{\"max_steps\":-1}}}",
        "{\"type\":\"full\",\"lisa\":{}}", "[1,\"a\",null]",
        "{\"n_epochs\":1e999}", "{\"n_epochs\":-5,\"batch_size\":0.5}", "\"" + "é" + "\"",
        "\"../../etc/passwd\"", "{\"a\":null}", "{\"a\":{\"b\":1}}", "-0", "1E400",
    ];

    private static readonly string[] s_fields =
        [
            "model", "training_file", "validation_file", "suffix", "seed", "metadata", "method", "hyperparameters", "integrations", "other",
            "model", "\\ud800",
        ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task ApiServer_random_requests_never_get_a_500(int seed)
    {
        using var folder = new TempFolder();
        var store = Path.Combine(folder.Root, "inner", "store");
        await using var server = await ApiServer.StartAsync(store);
        var file = await server.Http.UploadAsync("{\"text\": \"a\"}\n");
        var random = new Random(seed);
        for (var i = 0; i < Requests; i++)
        {
            using var request = Request(random, server, file, i);
            var told = $"seed {seed}, request {i}: {request.Method} {request.RequestUri}";
            try
            {
                using var response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
                Assert.True((int)response.StatusCode < 500, $"{told}: {response.StatusCode}");
                if ((int)response.StatusCode < 400 || request.Method == HttpMethod.Head) continue;
                var text = await response.Content.ReadAsStringAsync(Token);
                Assert.True(text.Length == 0 || text.Contains("\"error\"", StringComparison.Ordinal), $"{told}: {text}");
            }
            catch (HttpRequestException e)
            {
                // The server may hang up on a body that it does not want; it must still be there.
                TestContext.Current.TestOutputHelper?.WriteLine($"{told}: {e.Message}");
            }
        }

        Assert.Equal("live", await server.Http.GetStringAsync("/health/live", Token));
        Assert.Equal([Path.Combine(folder.Root, "inner")], Directory.GetFileSystemEntries(folder.Root));
        Assert.Equal([store], Directory.GetFileSystemEntries(Path.Combine(folder.Root, "inner")));
        string[] known = ["blobs", "files", "idempotency", "imports", "jobs", "runs"];
        Assert.All(Directory.GetFileSystemEntries(store), e => Assert.Contains(Path.GetFileName(e), known));
    }

    private static HttpRequestMessage Request(Random random, ApiServer server, string file, int number)
    {
        var path = Pick(random, s_paths).Replace("{x}", random.Next(8) == 0 ? file : Pick(random, s_words), StringComparison.Ordinal);
        if (random.Next(3) == 0)
        {
            path += $"?{Pick(random, ["limit", "after", "order", "purpose", "stream", "metadata[a]", "metadata[", "x"])}={Pick(random, s_words)}"
                + $"&limit={Pick(random, s_words)}";
        }

        // stream=true of a job that is there would not end.
        var request = new HttpRequestMessage(
            new HttpMethod(Pick(random, s_methods)), new Uri(server.Address.GetLeftPart(UriPartial.Authority) + path));
        if (random.Next(4) == 0)
            request.Headers.TryAddWithoutValidation("Idempotency-Key", random.Next(2) == 0 ? $"{number}" : new string('k', random.Next(400)));
        if (random.Next(6) == 0) request.Headers.TryAddWithoutValidation("Last-Event-ID", Pick(random, s_words));
        if (random.Next(6) == 0) request.Headers.TryAddWithoutValidation("Accept", Pick(random, ["*/*", "text/html", ";;;", "application/xml"]));
        if (request.Method == HttpMethod.Trace || request.Method == HttpMethod.Head || random.Next(3) == 0) return request;
        request.Content = new ByteArrayContent(Body(random, file));
        string[] types =
            ["application/json", "multipart/form-data; boundary=x", "multipart/form-data", "text/plain", "multipart/form-data; boundary=\"\""];
        if (Pick(random, types) is { } type)
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return request;
    }

    private static byte[] Body(Random random, string file)
    {
        switch (random.Next(6))
        {
            case 0:
                var noise = new byte[random.Next(2000)];
                random.NextBytes(noise);
                return noise;

            case 1:
                return Encoding.UTF8.GetBytes(
                    $"--x\r\nContent-Disposition: form-data; name=\"{Pick(random, ["file", "purpose", "other", ""])}\"; "
                        + $"filename=\"{Pick(random, s_words)}\"\r\n\r\n"
                    + $"{Pick(random, s_values)}\r\n--x{Pick(random, ["--", "", "\r\n", "\r\nbroken"])}\r\n");

            case 2:
                return Encoding.UTF8.GetBytes(new string('[', random.Next(5000)));

            case 3:
                // Valid but for its last bytes.
                var text = Job(random, file);
                return [.. text.Take(random.Next(text.Length)), .. (random.Next(2) == 0 ? (byte[])[0xC3, 0x28] : [])];

            default:
                return Job(random, file);
        }
    }

    private static byte[] Job(Random random, string file)
    {
        var fields = Enumerable.Range(0, random.Next(6)).Select(_ => $"\"{Pick(random, s_fields)}\":{Pick(random, s_values)}");
        string[] right = random.Next(2) == 0 ? ["\"model\":\"tiny-stories\"", $"\"training_file\":\"{file}\""] : [];
        return Encoding.UTF8.GetBytes($"{{{string.Join(',', right.Concat(fields))}}}");
    }

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
