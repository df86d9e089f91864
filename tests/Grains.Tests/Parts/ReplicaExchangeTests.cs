namespace LisaOrleans.Grains.Tests;

public sealed class ReplicaExchangeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // An owner that died, or left, never claims them; the part may not be wanted here any more.
    [Fact]
    public async Task GiveGradients_sums_that_nobody_has_claimed_are_given_up_with_the_part()
    {
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "given" });
        var layer = parts.Part(PartName.Layer(2));
        await layer.Train(1, PartTraining.Whole, Token);
        var batch = parts.Plan.Builder.Build(parts.Plan.Batches.MicroBatches(1)[0]);
        var result = await parts.Part(PartName.Embedding).Run(
            parts.Pipeline.Call(step: 1, index: 0, ordinal: 0, batch, train: true, lossScale: 1), Token);

        // On a single silo all layers are one stage.
        Assert.True(Assert.Single(result.LayerSeconds!) > 0);
        var sums = await layer.GiveGradients(1, 1, 1, Token);
        Assert.NotEmpty(sums);
        await layer.Unload(1);
        var e = await Assert.ThrowsAnyAsync<IOException>(() => parts.Part(PartName.Layer(3)).AddGradients(1, 1, sums, Token));
        Assert.Contains("given up", e.Message, StringComparison.Ordinal);
    }

    // A matrix of tokens that is not tied is sent as the rows that the next step needs; a replica that does something else gets all.
    [Fact]
    public async Task TakeWeights_some_rows_of_tokens_refuses_others_until_all_have_come()
    {
        using var folder = new TempFolder();
        await FamilyFolder.WriteAsync(folder["model"], "mixtral", Token);
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "rows", BlockSize = 16 }, folder["model"]);
        var embedding = parts.Part(PartName.Embedding);
        await embedding.Train(1, PartTraining.Whole, Token);
        var batch = parts.Plan.Builder.Build(parts.Plan.Batches.MicroBatches(1)[0]);
        int[] rows = [.. batch.InputIds.Distinct().Order()];
        var (vocabulary, width) = (parts.Plan.Config.VocabSize, parts.Plan.Config.HiddenSize);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => embedding.GiveWeights(1, 1, [[.. rows.Reverse()]], Token));
        var given = await embedding.GiveWeights(1, 1, [rows, null], Token);
        Assert.Equal([[rows.Length, width], [vocabulary, width]], given.Select(tickets => Assert.Single(tickets).Shape));

        await embedding.TakeWeights(1, 1, given[0], rows, Token);
        await Run(step: 2, batch);
        var other = batch with { InputIds = [.. batch.InputIds.Select(_ => Enumerable.Range(0, vocabulary).Except(rows).First())] };
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => Run(step: 3, other));
        Assert.Contains("the owner has not sent the new row", e.Message, StringComparison.Ordinal);
        await embedding.TakeWeights(1, 1, given[1], null, Token);
        await Run(step: 4, other);

        Task<MicroBatchResult> Run(long step, MicroBatch batch) =>
            embedding.Run(parts.Pipeline.Call(step, index: 0, ordinal: 0, batch, train: false, lossScale: 1), Token);
    }

    // What the part has taken is its own; a sum that it does not know ends the call.
    [Fact]
    public async Task AddGradients_sums_are_claimed_once()
    {
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "added" });
        var (first, second) = (parts.Part(PartName.Layer(2)), parts.Part(PartName.Layer(3)));
        foreach (var layer in (IPartGrain[])[first, second]) await layer.Train(1, PartTraining.Whole, Token);
        var batch = parts.Plan.Builder.Build(parts.Plan.Batches.MicroBatches(1)[0]);
        await parts.Part(PartName.Embedding).Run(
            parts.Pipeline.Call(step: 1, index: 0, ordinal: 0, batch, train: true, lossScale: 1), Token);
        var sums = await first.GiveGradients(1, 1, 1, Token);
        await Assert.ThrowsAnyAsync<KeyNotFoundException>(() => second.AddGradients(1, 1, sums, Token));
        var e = await Assert.ThrowsAnyAsync<IOException>(() => second.AddGradients(1, 1, sums, Token));
        Assert.Contains("claimed before", e.Message, StringComparison.Ordinal);
    }
}
