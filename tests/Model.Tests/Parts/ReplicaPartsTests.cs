using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>Two replicas that share the lanes of a step against one model that has all of them.</summary>
public sealed class ReplicaPartsTests
{
    private const int MicroBatches = 7;
    private const int Lanes = 4;

    [Theory]
    [InlineData(false, "float32", false)]
    [InlineData(true, "float32", false)]
    [InlineData(true, "bfloat16", false)]
    [InlineData(false, "float16", false)]
    [InlineData(true, "bfloat16", true)]
    public void Apply_by_owners_gives_both_replicas_the_bits_of_one_model(bool tied, string dtype, bool adapters)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(tied);
        var lora = adapters ? new LoraOptions { Rank = 2, Alpha = 4, Seed = 3, Dropout = 0.2 } : null;
        using var whole = Chain();
        using var first = Chain();
        using var second = Chain();
        PartChain[] replicas = [first, second];
        var parts = whole.Parts
            .Select((part, i) => (Whole: part, Owner: replicas[i % 2].Parts.ElementAt(i), Other: replicas[1 - (i % 2)].Parts.ElementAt(i)))
            .Where(p => !adapters || p.Whole.HasAdapters).ToArray();
        foreach (var (one, owner, other) in parts)
        {
            one.MakeTrainable();
            owner.MakeTrainable();
            other.TrainWithoutState();
        }

        Assert.Equal(whole.Parts.Sum(p => p.OptimizerBytes), replicas.SelectMany(r => r.Parts).Sum(p => p.OptimizerBytes));
        for (var step = 1; step <= 3; step++)
        {
            foreach (var i in (int[])[0, 4, 1, 5, 2, 6, 3]) Train(whole, step, i);
            foreach (var i in (int[])[0, 4, 1, 5, 2, 6]) Train(first, step, i);
            Train(second, step, 3);
            foreach (var (_, owner, other) in parts) owner.AddGradientSums(new Queue<GradientSum>(other.TakeGradientSums()));
            foreach (var (one, owner, _) in parts) Assert.Equal(one.SquaredGradientNorm(), owner.SquaredGradientNorm());
            foreach (var (one, owner, other) in parts)
            {
                one.Apply(0.01, 0.5);
                owner.Apply(0.01, 0.5);
                other.TakeTrained(owner.ShareTrained());
            }
        }

        Same();
        foreach (var part in (IEnumerable<ModelPart>)[.. whole.Parts, .. first.Parts, .. second.Parts]) part.Freeze();
        Same();
        Assert.Equal(0, replicas.SelectMany(r => r.Parts).Sum(p => p.OptimizerBytes + p.GradientBytes));

        PartChain Chain()
        {
            var dtypes = PartDtypes.Parse(dtype, "float32");
            var weights = TinyModel.Weights(config, dtype: dtypes.Compute);
            var added = Enumerable.Range(0, config.NumHiddenLayers).SelectMany(i => lora?.Specs(config, i) ?? []);
            foreach (var (spec, i) in added.Select((s, i) => (s, i)))
                weights.Add(spec.Name, arange(spec.Count, dtype: ScalarType.Float32).add(i).sin().mul(0.1).reshape([.. spec.Shape]));
            return new PartChain(config, dtypes, TinyModel.AdamW, weights, lora: lora, lanes: Lanes);
        }

        void Train(PartChain chain, long step, int i)
        {
            var seed = (int)((step * MicroBatches) + i);
            chain.Train(i, TinyModel.Ids(config, 16, seed), TinyModel.Ids(config, 16, seed + 5), 2, 1.0 / 112, step: step);
        }

        void Same()
        {
            foreach (var (one, owner, other) in parts)
            {
                foreach (var ((a, b), c) in one.ShareTrained().Zip(owner.ShareTrained()).Zip(other.ShareTrained()))
                    Assert.True(a.bytes.SequenceEqual(b.bytes) && a.bytes.SequenceEqual(c.bytes));
            }
        }
    }

    // What it has not taken is still the caller's to free.
    [Fact]
    public void AddGradientSums_sum_of_an_unknown_weight_stays_in_the_queue()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();
        using var chain = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config), lanes: Lanes);
        var known = config.HeadSpecs()[0];
        var sums = new Queue<GradientSum>([Sum(known.Name), Sum("unknown"), Sum(known.Name)]);
        Assert.Throws<InvalidOperationException>(() => chain.Head.AddGradientSums(sums));
        Assert.Equal(3, sums.Count);
        chain.Head.MakeTrainable();
        Assert.Throws<KeyNotFoundException>(() => chain.Head.AddGradientSums(sums));
        Assert.Equal(["unknown", known.Name], sums.Select(s => s.Parameter));

        GradientSum Sum(string name) => new(name, false, new LaneSum(0, 0, zeros([.. known.Shape])));
    }

    [Fact]
    public void Apply_part_that_another_replica_updates_is_refused()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();
        using var chain = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config));
        chain.Head.MakeTrainable();
        Assert.True(chain.Head.KeepsState);
        chain.Head.TrainWithoutState();
        Assert.Equal((true, false, 0L), (chain.Head.Trainable, chain.Head.KeepsState, chain.Head.OptimizerBytes));
        Assert.Throws<InvalidOperationException>(() => chain.Head.Apply(0.1, 1));
        Assert.Throws<ArgumentException>(() => chain.Head.TakeTrained([zeros(3)]));
    }
}
