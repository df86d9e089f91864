using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;

namespace LisaOrleans.Cluster.Tests;

/// <summary>The HTTP API of several silos over one Redis and one store: whichever answers, the answers are those of one server.</summary>
public sealed class HttpSilosTests(ITestOutputHelper output)
{
    private const int Steps = 120;
    private const string Jobs = "v1/fine_tuning/jobs";
    private const string Model = "tiny-stories";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task JobEventStream_silo_killed_another_goes_on_with_the_events()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        var models = Path.Combine(Executables.Repository, "samples");
        await using var cluster = await TestCluster.StartAsync(
            folder.Root, new ClusterSettings(Silos: 3, Azurite: false, Options: ["--models", models]));
        using var first = Client(cluster.Silos[0]);
        using var second = Client(cluster.Silos[1]);

        // Made on one, seen on all; repeated on another, it is the same file.
        var file = await UploadAsync(first, "upload-1");
        Assert.Equal(file, await UploadAsync(second, "upload-1"));
        Assert.Equal(file, (string?)(await ReadAsync(await second.GetAsync($"v1/files/{file}", Token)))["id"]);
        var order = new
        {
            model = Model,
            training_file = file,
            method = new { type = "lisa", lisa = new { hyperparameters = new { max_steps = Steps, save_steps = 5, per_device_train_batch_size = 2, threads = 1 } } },
        };
        var job = (string)(await ReadAsync(await second.PostAsJsonAsync(Jobs, order, Token)))["id"]!;

        var seen = await FollowAsync(first, job, null, until: Steps / 3);
        output.WriteLine($"killing silo 0 after {seen.Count} events");
        await cluster.Silos[0].KillAsync();
        seen.AddRange(await FollowAsync(second, job, seen[^1].Id, until: null));

        var events = seen.Select(e => e.Event).ToArray();
        Assert.Equal(events.Length, events.Select(e => (string)e["id"]!).Distinct().Count());
        Assert.Equal(
            Enumerable.Range(1, Steps).Select(i => (long)i),
            events.Where(e => (string?)e["type"] == "metrics" && e["data"]!["train_loss"] is not null).Select(e => (long)e["data"]!["step"]!));

        var ended = await ReadAsync(await second.GetAsync($"{Jobs}/{job}", Token));
        Assert.Equal("succeeded", (string?)ended["status"]);
        using var third = Client(cluster.Silos[2]);
        Assert.Contains((string)ended["fine_tuned_model"]!, await third.GetStringAsync("v1/models", Token), StringComparison.Ordinal);
        Assert.True((bool)(await ReadAsync(await third.DeleteAsync(new Uri($"v1/files/{file}", UriKind.Relative), Token)))["deleted"]!);
        using var gone = await second.GetAsync($"v1/files/{file}", Token);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    private static HttpClient Client(SiloProcess silo) => new() { BaseAddress = silo.Http, Timeout = TimeSpan.FromMinutes(2) };

    private static async Task<string> UploadAsync(HttpClient http, string key)
    {
        var data = await File.ReadAllBytesAsync(Path.Combine(Executables.Repository, "samples", "animals.jsonl"), Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/files")
        {
            Content = new MultipartFormDataContent("fixed-so-that-a-repetition-has-the-same-body")
            {
                { new ByteArrayContent(data), "file", "data.jsonl" }, { new StringContent("fine-tune"), "purpose" },
            },
        };
        request.Headers.Add("Idempotency-Key", key);
        return (string)(await ReadAsync(await http.SendAsync(request, Token)))["id"]!;
    }

    // Follows a job's events up to a step, or to the stream's last line.
    private static async Task<List<(string Id, JsonNode Event)>> FollowAsync(HttpClient http, string job, string? after, int? until)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Jobs}/{job}/events?stream=true");
        if (after is not null) request.Headers.Add("Last-Event-ID", after);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using var stream = await response.Content.ReadAsStreamAsync(Token);
        var events = new List<(string, JsonNode)>();
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(Token))
        {
            if (item.Data == "[DONE]") return events;
            var happened = JsonNode.Parse(item.Data)!;
            events.Add((item.EventId!, happened));
            if (until is not null && (long?)happened["data"]?["step"] >= until) return events;
        }

        Assert.Fail("the stream ended without its last line");
        return events;
    }

    private static async Task<JsonObject> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(Token);
            Assert.True(response.IsSuccessStatusCode, $"{response.RequestMessage!.RequestUri}: {response.StatusCode} {text}");
            return JsonNode.Parse(text)!.AsObject();
        }
    }
}
