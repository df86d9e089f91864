using System.Collections.Concurrent;
using System.Diagnostics;

namespace LisaOrleans.Grains.Tests;

public sealed class RunTelemetryTests
{
    private const long Steps = 7;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunTelemetry_run_is_observed_only_while_it_trains()
    {
        using var measurements = new Measurements();
        Dictionary<string, double> last = [];
        var generation = 0L;
        using var run = await TestRun.ImportAsync(TinyStories.Spec(100_000) with { RunName = "observed", SaveSteps = 2 });
        var ended = await run.ContinueAsync(during: async grain =>
        {
            await Until.True(async () => (await grain.GetStatus()).ManifestStep >= Steps);
            last = await measurements.Steady("observed");
            var status = await grain.GetStatus();
            generation = status.Generation;

            // Its only silo is about to leave: it waits for another, and its counters must not look stuck.
            await grain.Drain(status.Stages.Single().Silo, Token);
            await Until.True(() => measurements.Observe("observed").Count == 0);
            await grain.Cancel();
        });
        Assert.Equal(RunState.Cancelled, ended.State);
        var history = await run.HistoryAsync();

        Assert.InRange(last["lisa.run.steps"], Steps, history.Count);
        Assert.Equal(last["lisa.run.steps"], last["lisa.run.step"]);
        var seen = history.Take((int)last["lisa.run.step"]).ToArray();
        Assert.Equal(100_000, last["lisa.run.step.limit"]);
        Assert.Equal(seen.Sum(r => r.Tokens), last["lisa.run.tokens"]);
        Assert.Equal(seen[^1].Loss, last["lisa.run.loss"]);
        Assert.Equal(seen[^1].LearningRate, last["lisa.run.learning_rate"]);
        Assert.Equal(seen[^1].GradNorm, last["lisa.run.gradient_norm"]);
        Assert.Equal(generation, last["lisa.run.generation"]);
        Assert.Equal(0, last["lisa.run.recoveries"]);
        Assert.InRange(last["lisa.run.manifests"], 1, Steps * 100);
        Assert.True(last["lisa.run.manifest.io"] > 1000);
        Assert.True(last["lisa.run.phase.time"] > 0);
        Assert.DoesNotContain("lisa.run.evaluation.loss", last.Keys);
        Assert.Empty(measurements.Observe("observed"));
    }

    [Fact]
    public async Task StepScope_trace_of_a_step_has_its_phases_and_parts()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Spans.Listen(stopped: spans.Enqueue);
        using var run = await TestRun.TrainAsync(TinyStories.Spec(3) with { RunName = "traced", GradientAccumulationSteps = 2 });

        var roots = spans.Where(s => s.OperationName == "step" && (string?)s.GetTagItem("lisa.run") == "traced").ToList();
        Assert.Equal([1L, 2L, 3L], roots.Select(s => (long)s.GetTagItem("lisa.step")!));
        Assert.All(roots, r => Assert.Equal(default, r.ParentSpanId));
        Assert.Equal(3, roots.Select(r => r.TraceId).Distinct().Count());
        var step = spans.Where(s => s.TraceId == roots[1].TraceId).ToList();
        var byId = step.ToDictionary(s => s.SpanId);
        Assert.All(step.Where(s => s.ParentSpanId != default), s => Assert.Contains(s.ParentSpanId, byId.Keys));

        // Embedding, layers and head, for each of two micro-batches; work on the device belongs to the part that wanted it.
        Assert.Equal(2 * (TinyStories.Layers + 2), step.Count(s => s.OperationName == "micro_batch"));
        Assert.All(step.Where(s => s.OperationName == "forward"), s => Assert.Equal("micro_batch", byId[s.ParentSpanId].OperationName));
        Assert.Equal(2 * (TinyStories.Layers + 1), step.Count(s => s.OperationName == "forward"));
        Assert.Equal(2 * (TinyStories.Layers + 2), step.Count(s => s.OperationName == "backward"));
        Assert.Equal(
            ["apply", "gradient_norm", "walk"], step.Where(s => s.ParentSpanId == roots[1].SpanId).Select(s => s.OperationName).Distinct().Order());
    }

    [Fact]
    public async Task LisaTelemetry_every_instrument_is_listed_on_the_page()
    {
        using var measurements = new Measurements();
        using var run = await TestRun.TrainAsync(TinyStories.Spec(1) with { RunName = "listed" });
        var page = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "docs", "operations.md"), Token);
        string[] lines = [.. measurements.Instruments.Select(i => $"| `{i.Name}` | {Kind(i.GetType().Name)} | {i.Unit} | {i.Description} |")];
        Assert.True(
            lines.SequenceEqual(page.Where(l => l.StartsWith("| `lisa.", StringComparison.Ordinal))),
            "docs/operations.md must have these lines:\n" + string.Join('\n', lines));

        static string Kind(string type) => type.Split('`')[0].Replace("Observable", "", StringComparison.Ordinal) switch
        {
            "Counter" => "counter",
            "Histogram" => "histogram",
            _ => "gauge",
        };
    }
}
