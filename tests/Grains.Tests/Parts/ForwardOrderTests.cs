using System.Collections.Concurrent;
using System.Diagnostics;

namespace LisaOrleans.Grains.Tests;

public sealed class ForwardOrderTests
{
    private const int MicroBatches = 3;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_micro_batches_in_reverse_are_forwarded_in_their_order()
    {
        var (arrived, forwarded) = (new ConcurrentQueue<Activity>(), new ConcurrentQueue<Activity>());
        using var listener = Spans.Listen(
            started: span => (span.OperationName switch { "micro_batch" => arrived, "forward" => forwarded, _ => null })?.Enqueue(span));
        await using var parts = await LoadedParts.CreateAsync(
            TinyStories.Spec(3) with { RunName = "reversed", GradientAccumulationSteps = MicroBatches });
        var (pipeline, plan) = (parts.Pipeline, parts.Plan);

        using var root = new Activity("test").Start();
        var embedding = parts.Part(PartName.Embedding);
        var batches = plan.Batches.MicroBatches(1).Select(samples => plan.Builder.Build(samples)).ToArray();
        var results = new Task<MicroBatchResult>[MicroBatches];
        for (var index = MicroBatches - 1; index >= 0; index--)
        {
            results[index] = embedding.Run(pipeline.Call(step: 1, index, ordinal: index, batches[index], train: true, lossScale: 1), Token);
            await Until.True(() => Mine(arrived, PartName.Embedding).Any(span => MicroBatch(span) == index));
        }

        var labels = (await Task.WhenAll(results)).Select(r => r.LabelCount);
        Assert.Equal(batches.Select(b => b.LabelCount), labels);
        var calls = Mine(arrived, PartName.Embedding).ToDictionary(span => span.SpanId, MicroBatch);
        Assert.Equal([0, 1, 2], forwarded.Where(span => calls.ContainsKey(span.ParentSpanId)).Select(span => calls[span.ParentSpanId]));

        IEnumerable<Activity> Mine(IEnumerable<Activity> spans, string part) =>
            spans.Where(span => span.TraceId == root.TraceId && (string?)span.GetTagItem("lisa.part") == part);
    }

    private static int MicroBatch(Activity span) => (int)span.GetTagItem("lisa.micro_batch")!;
}
