using System.Text;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.EndToEnd;

public sealed class EventStreamTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task JobEventStream_broken_off_goes_on_where_it_was_even_on_another_silo()
    {
        using var folder = new TempFolder();
        string job;
        List<(string Id, string Data)> first;
        StoreDocument paused;
        await using (var server = await ApiServer.StartAsync(folder["store"]))
        {
            job = (string)(await server.Http.PostJsonAsync(Requests.Jobs, Requests.Job(await server.Http.UploadAsync(), steps: 200)))["id"]!;
            first = await ReadAsync(server, job, null, until: e => e.Contains("\"Step 3/", StringComparison.Ordinal));
            await server.Http.PostJsonAsync($"{Requests.Jobs}/{job}/pause", null);
            paused = (await server.Store.GetDocumentAsync($"runs/{job}/head.json", Token))!;
            await server.Http.PostJsonAsync($"{Requests.Jobs}/{job}/resume", null);
            await server.Http.PostJsonAsync($"{Requests.Jobs}/{job}/pause", null);
        }

        // The silo is gone; the next one reads the same store. To the stream's first question, the run has failed at its first pause: it was
        // resumed since. The end is a cancellation, so the test need not wait for all steps.
        FailedOnce? store = null;
        await using (var server = await ApiServer.StartAsync(folder["store"], through: s => store = new FailedOnce(s, job, paused)))
        {
            var (pauses, isPaused) = (0, new TaskCompletionSource());
            store!.Arm();
            var rest = ReadAsync(server, job, first[^1].Id, until: e =>
            {
                if (e.Contains("The job was paused after step", StringComparison.Ordinal) && ++pauses == 2) isPaused.SetResult();
                return false;
            });
            await Task.WhenAny(isPaused.Task, rest);
            var cancelled = await server.Http.PostJsonAsync($"{Requests.Jobs}/{job}/cancel", null);
            List<(string Id, string Data)> seen = [.. first, .. await rest];

            // The stream goes on through the pauses, to the end.
            var events = seen.Select(e => JsonNode.Parse(e.Data)!).ToArray();
            var ids = events.Select(e => (string)e["id"]!).ToArray();
            Assert.Equal(ids.Length, ids.Distinct().Count());
            var steps = events.Where(e => (string)e["type"]! == "metrics").Select(e => (long)e["data"]!["step"]!).ToArray();
            Assert.Equal(Enumerable.Range(1, steps.Length).Select(i => (long)i), steps);
            Assert.Contains("cancelled", (string)events[^1]["message"]!, StringComparison.Ordinal);
            Assert.Equal((long)cancelled["finished_at"]!, (long)events[^1]["created_at"]!);

            // The list has the same events.
            var listed = new List<string>();
            for (string? after = null; ;)
            {
                var page = await server.Http.GetJsonAsync(
                    $"{Requests.Jobs}/{job}/events?order=asc&limit=7{(after is null ? "" : "&after=" + after)}");
                listed.AddRange(page["data"]!.AsArray().Select(e => (string)e!["id"]!));
                if (!(bool)page["has_more"]!) break;
                after = (string)page["last_id"]!;
            }

            Assert.Equal(ids.Order(), listed.Order());
        }
    }

    [Fact]
    public async Task JobEventStream_job_that_was_paused_and_then_cancelled_ends_with_its_cancellation()
    {
        await using var server = await ApiServer.StartAsync();
        var job = (string)(await server.Http.PostJsonAsync(Requests.Jobs, Requests.Job(await server.Http.UploadAsync(), steps: 100_000)))["id"]!;
        await server.Http.UntilAsync(job, "running");
        var reading = ReadAsync(server, job, null, until: null);
        Assert.Equal("paused", (string?)(await server.Http.PostJsonAsync($"{Requests.Jobs}/{job}/pause", null))["status"]);
        Assert.Equal("cancelled", (string?)(await server.Http.PostJsonAsync($"{Requests.Jobs}/{job}/cancel", null))["status"]);
        var messages = (await reading).Select(e => (string)JsonNode.Parse(e.Data)!["message"]!).ToArray();
        Assert.StartsWith("The job was cancelled after step", messages[^1], StringComparison.Ordinal);
        Assert.Single(messages, m => m.StartsWith("The job was paused after step", StringComparison.Ordinal));
        var newest = (await server.Http.GetJsonAsync($"{Requests.Jobs}/{job}/events?limit=1"))["data"]![0]!;
        Assert.Equal(messages[^1], (string)newest["message"]!);
    }

    [Fact]
    public async Task JobEventStream_wrong_last_event_id_is_refused()
    {
        await using var server = await ApiServer.StartAsync();
        var job = (string)(await server.Http.PostJsonAsync(Requests.Jobs, Requests.Job(await server.Http.UploadAsync(), steps: 1)))["id"]!;
        foreach (var id in (string[])["x", "1-2", "-1-0-0", "1-99999999999999999999-0"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{Requests.Jobs}/{job}/events?stream=true");
            request.Headers.Add("Last-Event-ID", id);
            using var response = await server.Http.SendAsync(request, Token);
            Assert.Equal(System.Net.HttpStatusCode.BadRequest, response.StatusCode);
        }
    }

    // Tells the next one who asks for a run's head that it failed where it was paused.
    private sealed class FailedOnce(IBlobStore inner, string run, StoreDocument paused) : DelegatingBlobStore(inner)
    {
        private int _isArmed;

        public void Arm() => Volatile.Write(ref _isArmed, 1);

        public override async Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken) =>
            path == $"runs/{run}/head.json" && Interlocked.Exchange(ref _isArmed, 0) == 1
                ? paused with
                {
                    Content = Encoding.UTF8.GetBytes(
                        Encoding.UTF8.GetString(paused.Content).Replace("\"paused\"", "\"failed\"", StringComparison.Ordinal)),
                }
                : await base.GetDocumentAsync(path, cancellationToken);
    }

    // Reads the stream to its last line, or until an event was seen.
    private static async Task<List<(string Id, string Data)>> ReadAsync(ApiServer server, string job, string? after, Func<string, bool>? until)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Requests.Jobs}/{job}/events");
        request.Headers.Add("Accept", "text/event-stream");
        if (after is not null) request.Headers.Add("Last-Event-ID", after);
        using var response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        var events = new List<(string, string)>();
        var id = "";
        while (await reader.ReadLineAsync(Token) is { } line)
        {
            if (line == "data: [DONE]") return events;
            if (line.StartsWith("id: ", StringComparison.Ordinal)) id = line[4..];
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            events.Add((id, line[6..]));
            if (until?.Invoke(line) == true) return events;
        }

        Assert.Fail("the stream ended without its last line");
        return events;
    }
}
