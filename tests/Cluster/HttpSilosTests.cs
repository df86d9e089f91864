using System.Net;
using System.Text.Json.Nodes;

namespace LisaOrleans.Cluster.Tests;

/// <summary>The HTTP API of several silos over one Redis and one store: whichever answers, the answers are those of one server.</summary>
[Collection(nameof(KilledSilos))]
public sealed class HttpSilosTests(KilledSilosFixture fixture, ITestOutputHelper output)
{
    private const int Steps = 36;
    private const string Model = "tiny-stories";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task JobEventStream_silo_killed_another_goes_on_with_the_events()
    {
        var cluster = fixture.Cluster;
        var data = Path.Combine(KilledSilosFixture.Models, "animals.jsonl");
        await fixture.RestartAsync();
        using var first = new HttpJobs(cluster.Silos[0].Http);
        using var second = new HttpJobs(cluster.Silos[1].Http);

        // Made on one, seen on all; repeated on another, it is the same file.
        var file = await first.UploadAsync(data, "upload-1", Token);
        Assert.Equal(file, await second.UploadAsync(data, "upload-1", Token));
        Assert.Equal(file, (string?)(await ReadAsync(second, $"v1/files/{file}"))["id"]);
        var order = new
        {
            model = Model,
            training_file = file,
            method = new
            {
                type = "lisa",
                lisa = new { hyperparameters = new { max_steps = Steps, save_steps = 5, per_device_train_batch_size = 2, threads = 1 } },
            },
        };
        var job = (string)(await second.CreateAsync(order, Token))["id"]!;

        var seen = await FollowAsync(first, job, null, until: Steps / 3);
        output.WriteLine($"killing silo 0 after {seen.Count} events");
        await cluster.Silos[0].KillAsync();
        seen.AddRange(await FollowAsync(second, job, seen[^1].Id, until: null));

        var events = seen.Select(e => e.Event).ToArray();
        Assert.Equal(events.Length, events.Select(e => (string)e["id"]!).Distinct().Count());
        Assert.Equal(
            Enumerable.Range(1, Steps).Select(i => (long)i),
            events.Where(e => (string?)e["type"] == "metrics" && e["data"]!["train_loss"] is not null).Select(e => (long)e["data"]!["step"]!));

        var ended = await ReadAsync(second, $"{HttpJobs.Path}/{job}");
        Assert.Equal("succeeded", (string?)ended["status"]);
        using var third = new HttpJobs(cluster.Silos[2].Http);
        Assert.Contains((string)ended["fine_tuned_model"]!, await third.Http.GetStringAsync("v1/models", Token), StringComparison.Ordinal);
        var deleted = await third.Http.DeleteAsync(new Uri($"v1/files/{file}", UriKind.Relative), Token);
        Assert.True((bool)(await HttpJobs.ReadAsync(deleted, Token))["deleted"]!);
        using var gone = await second.Http.GetAsync($"v1/files/{file}", Token);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    private static async Task<JsonObject> ReadAsync(HttpJobs silo, string path) =>
        await HttpJobs.ReadAsync(await silo.Http.GetAsync(path, Token), Token);

    // Follows a job's events up to a step, or to the stream's last line.
    private static async Task<List<(string Id, JsonNode Event)>> FollowAsync(HttpJobs jobs, string job, string? after, int? until)
    {
        var events = new List<(string, JsonNode)>();
        await foreach (var (id, happened) in jobs.EventsAsync(job, after, Token))
        {
            events.Add((id, happened));
            if (until is not null && (long?)happened["data"]?["step"] >= until) break;
        }

        return events;
    }
}
