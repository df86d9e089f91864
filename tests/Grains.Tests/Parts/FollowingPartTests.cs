using System.Collections.Concurrent;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>What replicas that do not own a part load of it again.</summary>
public sealed class FollowingPartTests
{
    private static readonly string s_layer = PartName.Layer(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Load_part_that_has_trained_and_holds_the_manifests_weights_keeps_them()
    {
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "held" });
        var (layer, state) = (parts.Part(s_layer), (await parts.ManifestAsync()).Parts[s_layer]);
        Assert.Equal(PartSource.Kept, (await layer.Load(Follow(parts, state, generation: 2), Token)).Source);
        await Sleep(generation: 2);
        Assert.Equal(PartSource.Kept, (await layer.Load(Follow(parts, state, generation: 3), Token)).Source);

        // Another silo may ask before it is loaded itself.
        await Sleep(generation: 3);
        Assert.NotNull(await layer.HandOver(4, state.Weights, null, null, Token));
        Assert.Equal(PartSource.Kept, (await layer.Load(Follow(parts, state, generation: 4), Token)).Source);

        // Where its owner has sent others, it does not hold them any more.
        var given = await parts.Part(PartName.Layer(2)).GiveWeights(1, 1, [null], Token);
        await layer.Train(4, PartTraining.Whole, Token);
        await layer.TakeWeights(4, 1, given[0], null, Token);
        await layer.Train(4, PartTraining.Frozen, Token);
        Assert.Null(await layer.HandOver(5, state.Weights, null, null, Token));
        Assert.Equal(PartSource.Store, (await layer.Load(Follow(parts, state, generation: 5), Token)).Source);

        async Task Sleep(long generation)
        {
            await layer.Train(generation, PartTraining.Whole, Token);
            await layer.Train(generation, PartTraining.Frozen, Token);
        }
    }

    [Fact]
    public async Task Load_part_with_adapters_reads_its_weights_once()
    {
        var read = new ConcurrentQueue<BlobRef>();
        await using var parts = await LoadedParts.CreateAsync(
            TinyStories.LoraSpec(3) with { RunName = "adapted" }, through: store => new ReadingStore(store, read));
        var layer = parts.Part(s_layer);
        await layer.Train(1, PartTraining.Adapters, Token);
        var batch = parts.Plan.Builder.Build(parts.Plan.Batches.MicroBatches(1)[0]);
        await parts.Part(PartName.Embedding).Run(
            parts.Pipeline.Call(step: 1, index: 0, ordinal: 0, batch, train: true, lossScale: 1), Token);
        await layer.Apply(1, 1, learningRate: 1e-2, clip: 1, isLast: false, Token);
        var state = await Store(parts, generation: 1);
        Assert.Equal(PartSource.Kept, (await layer.Load(Follow(parts, state, generation: 2), Token)).Source);
        Assert.Equal(0, (await layer.GetMemory()).Optimizer);
        read.Clear();
        Assert.Equal(new PartLoaded(PartSource.Store, state.Optimizer!.Length), await layer.Load(Follow(parts, state, generation: 3), Token));
        Assert.Equal(0, (await layer.GetMemory()).Optimizer);

        // Also as its owner, whose state then is the manifest's, bit for bit.
        await layer.Load(Follow(parts, state, generation: 4) with { FollowsOwner = false }, Token);
        Assert.Equal([state.Optimizer, state.Optimizer], read);
        var next = PartGrains.Get(parts.Grains, parts.Plan.Spec.RunName, s_layer, OtherName(parts));
        var moved = await next.Load(Follow(parts, state, generation: 5) with { FollowsOwner = false, HeldBy = parts.Address }, Token);
        Assert.Equal(new PartLoaded(PartSource.HandedOver, state.Weights.Length + state.Optimizer.Length), moved);
    }

    // Nothing else of the part has changed: a base model is not read again because a silo was lost before the first manifest with states.
    [Theory]
    [InlineData(TrainingMethods.Lora)]
    [InlineData("qlora")]
    public async Task Load_adapters_that_have_trained_go_back_to_those_they_began_with(string method)
    {
        var read = new ConcurrentQueue<BlobRef>();
        await using var parts = await LoadedParts.CreateAsync(
            TinyStories.LoraSpec(3) with { Method = method, RunName = "begun" }, through: store => new ReadingStore(store, read));
        var (layer, begun) = (parts.Part(s_layer), (await parts.ManifestAsync()).Parts[s_layer]);
        await TrainAsync(generation: 1);
        read.Clear();
        var loaded = await layer.Load(Follow(parts, begun, generation: 2) with { FollowsOwner = false }, Token);
        Assert.Equal(new PartLoaded(PartSource.Store, begun.Adapter!.Length), loaded);
        Assert.Equal([begun.Adapter], read);
        Assert.Equal((0L, false), ((await layer.GetMemory()).Optimizer, (await layer.GetMemory()).Trainable));

        // Nothing is left of what was trained: the same step ends with the same bits as in a part that was loaded anew.
        await parts.LoadAsync(generation: 2);
        await TrainAsync(generation: 2);
        var again = await Store(parts, generation: 2);
        await layer.Unload(2);
        await parts.LoadAsync(generation: 3);
        await TrainAsync(generation: 3);
        Assert.Equal(await Store(parts, generation: 3), again);

        async Task TrainAsync(long generation)
        {
            await layer.Train(generation, PartTraining.Adapters, Token);
            var batch = parts.Plan.Builder.Build(parts.Plan.Batches.MicroBatches(1)[0]);
            await parts.Part(PartName.Embedding).Run(
                parts.PipelineOf(generation).Call(step: 1, index: 0, ordinal: 0, batch, train: true, lossScale: 1), Token);
            await layer.Apply(generation, 1, learningRate: 1e-2, clip: 1, isLast: false, Token);
        }
    }

    // Else the old owner would drop the state before the new one has it.
    [Fact]
    public async Task Load_new_owner_gets_the_state_from_the_old_one_that_follows_from_then_on()
    {
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "left" });
        await parts.Part(s_layer).Train(1, PartTraining.Whole, Token);
        var manifest = await parts.ManifestAsync();
        var states = manifest.Parts.ToDictionary();
        states[s_layer] = await Store(parts, generation: 1);
        var replicas = new StagePlan(
            [new SiloStage(parts.Address, parts.Plan.Parts), new SiloStage(OtherName(parts), parts.Plan.Parts) { Replica = 1 }], [1, 1]);
        Assert.Equal(1, replicas.OwnerOf(s_layer));
        var loaded = await new Pipeline(parts.Grains, parts.Plan, replicas, generation: 2, new SiloSpeeds())
            .Load(manifest with { Step = 1, Parts = states }, parts.Pipeline.Stages, Token);
        Assert.Equal(
            Enumerable.Repeat(PartSource.HandedOver, states.Count).Concat(Enumerable.Repeat(PartSource.Kept, states.Count)),
            loaded.Select(l => l.Source).OrderDescending());
    }

    private static async Task<PartState> Store(LoadedParts parts, long generation)
    {
        var layer = parts.Part(s_layer);
        await layer.BeginSnapshot(generation, step: 1, Token);
        var blobs = await layer.CompleteSnapshot(generation, step: 1, Token);
        return new PartState { Weights = blobs.Weights, Optimizer = blobs.Optimizer, Adapter = blobs.Adapter };
    }

    // The same silo, on which a part of this name is another one.
    private static string OtherName(LoadedParts parts) => parts.Address.Replace("@", "@0", StringComparison.Ordinal);

    private static PartLoad Follow(LoadedParts parts, PartState state, long generation) => new()
    {
        Generation = generation,
        Step = 1,
        Spec = parts.Plan.Spec,
        ConfigJson = parts.Plan.ConfigJson,
        Weights = state.Weights,
        Optimizer = state.Optimizer,
        Adapter = state.Adapter,
        FollowsOwner = true,
    };

    private sealed class ReadingStore(IBlobStore inner, ConcurrentQueue<BlobRef> read) : DelegatingBlobStore(inner)
    {
        public override Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
        {
            read.Enqueue(blob);
            return base.ReadAsync(blob, cancellationToken);
        }
    }
}
