using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace LisaOrleans.Grains.Tests;

/// <summary>A micro-batch goes from part to part of a silo without messages.</summary>
public sealed class LocalWalkTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_parts_of_a_silo_are_all_reached_by_one_message(bool train)
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Spans.Listen(stopped: spans.Enqueue);
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "walked" });
        using var root = new Activity("test").Start();

        var result = await Walk(parts, index: 0, train);

        Assert.True(result.LossSum > 0);
        await Until.True(() => Count("micro_batch") == TinyStories.Layers + 2);
        Assert.Single(spans, s => s.TraceId == root.TraceId && s.Source.Name != LisaTelemetry.Name && s.Kind == ActivityKind.Server);

        int Count(string name) => spans.Count(s => s.TraceId == root.TraceId && s.OperationName == name);
    }

    [Fact]
    public async Task Run_part_that_was_let_go_of_refuses_micro_batches_and_the_others_go_on_when_it_is_back()
    {
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "let-go" });
        var first = await Walk(parts, index: 0, train: false);
        await parts.Part(PartName.Layer(3)).Unload(1);

        await Assert.ThrowsAsync<StaleGenerationCallException>(() => Walk(parts, index: 0, train: false));

        await parts.LoadAsync();
        Assert.Equal(first.LossSum, (await Walk(parts, index: 0, train: false)).LossSum);
    }

    // What ends a walk goes back through all parts at once; each has its frames on the stack while the one before it goes on.
    [Fact]
    public async Task Run_ends_and_fails_with_many_parts_on_a_silo()
    {
        const int Layers = 200;
        using var folder = new TempFolder();
        var llama = FamilyFolder.ReferenceOf("llama");
        var config = JsonNode.Parse(llama.Config)!;
        (config["num_hidden_layers"], config["vocab_size"]) = (Layers, 512);
        await FamilyFolder.WriteAsync(folder["model"], llama with { Config = config.ToJsonString() }, null, Token);
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "deep", BlockSize = 16 }, folder["model"]);
        Assert.Equal(Layers + 2, parts.Plan.Parts.Count);

        Assert.True(double.IsFinite((await Walk(parts, index: 0, train: false)).LossSum));
        await parts.Part(PartName.Head).Unload(1);
        var e = await Assert.ThrowsAsync<StaleGenerationCallException>(() => Walk(parts, index: 0, train: false));
        Assert.Contains(PartName.Head, e.Message, StringComparison.Ordinal);
    }

    private static Task<MicroBatchResult> Walk(LoadedParts parts, int index, bool train)
    {
        var batch = parts.Plan.Builder.Build(parts.Plan.Batches.MicroBatches(1)[0]);
        return parts.Part(PartName.Embedding).Run(
            parts.Pipeline.Call(step: 1, index, ordinal: index, batch, train, lossScale: 1), Token);
    }
}
