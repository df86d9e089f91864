using System.Text.Json;
using System.Text.RegularExpressions;

namespace LisaOrleans.Cluster.Tests;

/// <summary>What two silo processes that train one run tell Prometheus, an OpenTelemetry collector, and their logs.</summary>
public sealed partial class TelemetryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LisaTelemetry_run_on_two_silos_shows_in_metrics_traces_and_logs()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        await using var collector = new Collector();
        var environment = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Endpoint,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_TRACES_SAMPLER"] = "always_on",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
        };
        await using var cluster = await TestCluster.StartAsync(
            folder.Root, new ClusterSettings(Silos: 2, Azurite: false, Environment: environment, Options: ["--log-format", "json"]));

        // A run's first stop is an increase only if a 0 was seen before it.
        foreach (var page in await ScrapeAsync(cluster))
        {
            Assert.Matches("""(?m)^lisa_run_stops_total\{[^}]*state="paused"[^}]*\} 0\b""", page);
            Assert.Matches("""(?m)^lisa_run_stops_total\{[^}]*state="failed"[^}]*\} 0\b""", page);
        }

        // Long enough that the run goes on until it is cancelled.
        var request = UndisturbedRun.Request("telemetry", replicas: "2");
        await cluster.Client.SubmitAsync(
            request with { EvalDataFile = TinyStories.HeldOut, Spec = request.Spec with { EvalSteps = 2 } }, null, Token);
        var run = cluster.Run("telemetry");
        await Until.True(async () => await run.GetStatus() is { ManifestStep: >= 3, Stages.Count: 2 }, pause: 50);

        var pages = await ScrapeUntilAsync(cluster, p =>
            p.All(t => t.Contains("lisa_transport_io_bytes_total{", StringComparison.Ordinal))
            && p.Any(t => SpeedOfSilo().Count(t) == 2 && t.Contains("lisa_run_exchange_size_bytes{", StringComparison.Ordinal)));
        var all = string.Concat(pages);
        Assert.Equal(
            DashboardMetrics(), Series().Matches(all).Select(m => m.Groups[1].Value).Where(n => !Histogram().IsMatch(n)).ToHashSet().Order());
        Assert.Empty(
            Metrics(File.ReadAllText(Path.Combine(Executables.Repository, "deploy", "prometheus", "lisa.rules.yaml")))
                .Except(DashboardMetrics()));
        Assert.Single(pages, p => p.Contains("lisa_run_steps_total{", StringComparison.Ordinal));
        Assert.All(pages, p => Assert.Matches("""lisa_device_memory_bytes\{[^}]*kind="weights"[^}]*\} [1-9]""", p));
        Assert.All(pages, p => Assert.Matches("""lisa_device_busy_time_seconds_total\{[^}]*work="backward"[^}]*\} [0-9.]*[1-9]""", p));

        // One trace of a step: its root on the silo of the run, forward and backward work on both.
        await Until.True(() => collector.Spans.GroupBy(s => s.Trace).Any(IsStepOverTwoSilos));
        Assert.True(collector.Requests.ContainsKey("/v1/metrics"));

        await run.Cancel();
        pages = await ScrapeUntilAsync(cluster, p =>
            !p.Any(t => t.Contains("run=\"telemetry\"", StringComparison.Ordinal) || BusyQueue().IsMatch(t)));
        Assert.All(pages, p => Assert.Contains("lisa_store_operations_total{", p, StringComparison.Ordinal));

        foreach (var silo in cluster.Silos)
        {
            Assert.Equal(0, await silo.LeaveAsync(TimeSpan.FromMinutes(2)));
            var lines = (await File.ReadAllLinesAsync(silo.LogFile, Token)).Where(l => l.StartsWith('{')).ToArray();
            Assert.NotEmpty(lines);
            foreach (var line in lines)
            {
                using var message = JsonDocument.Parse(line);
                Assert.Equal(JsonValueKind.String, message.RootElement.GetProperty("Message").ValueKind);
            }
        }
    }

    private static bool IsStepOverTwoSilos(IEnumerable<SpanRecord> trace)
    {
        var spans = trace.ToLookup(s => s.Name);
        return spans["step"].Count() == 1 && spans["step"].Single().Parent == ""
            && spans["walk"].Any(w => w.Parent == spans["step"].Single().Id)
            && ((string[])["micro_batch", "forward", "backward"]).All(name => spans[name].Select(s => s.Instance).Distinct().Count() == 2);
    }

    private static async Task<string[]> ScrapeAsync(TestCluster cluster)
    {
        using var http = new HttpClient();
        return await Task.WhenAll(cluster.Silos.Select(s => http.GetStringAsync(new Uri(s.Http, "metrics"), Token)));
    }

    private static async Task<string[]> ScrapeUntilAsync(TestCluster cluster, Func<string[], bool> enough)
    {
        string[] pages = [];
        await Until.True(async () => enough(pages = await ScrapeAsync(cluster)), pause: 200);
        return pages;
    }

    private static IEnumerable<string> DashboardMetrics()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Executables.Repository, "deploy", "grafana", "lisa.json")));
        return Metrics(string.Join('\n', Strings(dashboard.RootElement, "expr")));

        static IEnumerable<string> Strings(JsonElement element, string name) => element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().SelectMany(p =>
                p.Name == name && p.Value.ValueKind == JsonValueKind.String ? [p.Value.GetString()!] : Strings(p.Value, name)),
            JsonValueKind.Array => element.EnumerateArray().SelectMany(e => Strings(e, name)),
            _ => [],
        };
    }

    private static IEnumerable<string> Metrics(string text) => Metric().Matches(text).Select(m => m.Value).ToHashSet().Order();

    [GeneratedRegex(@"^(lisa_[a-z_]+)\{", RegexOptions.Multiline)]
    private static partial Regex Series();

    [GeneratedRegex(@"^lisa_run_silo_speed\{[^}]*\} [1-9]", RegexOptions.Multiline)]
    private static partial Regex SpeedOfSilo();

    [GeneratedRegex(@"^lisa_device_queue_length\{[^}]*\} (?!0\b)", RegexOptions.Multiline)]
    private static partial Regex BusyQueue();

    [GeneratedRegex("_duration_seconds_(sum|count)$")]
    private static partial Regex Histogram();

    [GeneratedRegex(@"\blisa_[a-z_]+\b")]
    private static partial Regex Metric();
}
