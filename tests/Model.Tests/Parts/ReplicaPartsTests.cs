using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>Two replicas that share the lanes of a step against one model that has all of them.</summary>
public sealed class ReplicaPartsTests
{
    private const int MicroBatches = 7;
    private const int Lanes = 4;

    // Lanes 0 to 2, and lane 3.
    private static readonly int[] s_ofFirst = [0, 4, 1, 5, 2, 6];
    private static readonly int[] s_ofSecond = [3];

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
            foreach (var i in s_ofFirst) Train(first, step, i);
            foreach (var i in s_ofSecond) Train(second, step, i);
            foreach (var (_, owner, other) in parts) owner.AddGradientSums(new Queue<GradientSum>(other.TakeGradientSums()));
            foreach (var (one, owner, _) in parts) Assert.Equal(one.SquaredGradientNorm(), owner.SquaredGradientNorm());
            foreach (var (one, owner, other) in parts)
            {
                one.Apply(0.01, 0.5);
                owner.Apply(0.01, 0.5);
                int[]? rows = step == 3 ? null : [.. OfOther(other).SelectMany(i => Ids(step + 1, i)).Distinct().Order()];
                other.TakeTrained(owner.ShareTrained(rows), rows);
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

        void Train(PartChain chain, long step, int i) =>
            chain.Train(i, Ids(step, i), TinyModel.Ids(config, 16, Seed(step, i) + 5), 2, 1.0 / 112, step: step);

        int[] Ids(long step, int i) => TinyModel.Ids(config, 16, Seed(step, i));

        int[] OfOther(ModelPart other) => first.Parts.Contains(other) ? s_ofFirst : s_ofSecond;

        void Same()
        {
            foreach (var (one, owner, other) in parts)
            {
                foreach (var ((a, b), c) in one.ShareTrained().Zip(owner.ShareTrained()).Zip(other.ShareTrained()))
                    Assert.True(a.bytes.SequenceEqual(b.bytes) && a.bytes.SequenceEqual(c.bytes));
            }
        }
    }

    // Against gradients of the whole matrix, as libtorch makes them, by the same tree.
    [Theory]
    [InlineData(false, "float32", 1, 0, 3)]
    [InlineData(false, "float32", 4, 1, 2, 3)]
    [InlineData(false, "bfloat16", 4, 2, 6, 3, 7)]
    [InlineData(false, "bfloat16", 1, 5)]
    [InlineData(true, "float32", 2, 1, 3)]
    [InlineData(true, "float16", 4, 0, 1, 5)]
    public void TakeGradientSums_rows_of_tokens_seen_are_all_of_the_whole_sums(bool tied, string dtype, int lanes, params int[] batches)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(tied);
        var dtypes = PartDtypes.Parse(dtype, "float32");
        var weights = TinyModel.Weights(config, dtype: dtypes.Compute);
        using var owner = Chain();
        using var follower = Chain();
        owner.Embedding.MakeTrainable();
        follower.Embedding.TrainWithoutState();
        using var dense = weights["model.embed_tokens.weight"].clone();
        dense.requires_grad = true;
        var buffer = new GradientBuffer(dense);
        foreach (var i in batches)
        {
            var ids = tensor(Array.ConvertAll(TinyModel.Ids(config, 10, i), id => (long)(id % 7))).view(2, 5);
            var gradient = arange(160, dtype: ScalarType.Float32).add(i).sin().to(dtypes.Compute).view(2, 5, 16);
            foreach (var part in (EmbeddingPart[])[owner.Embedding, follower.Embedding])
            {
                using var output = part.Forward(i, ids, null, train: true);
                part.Backward(i, gradient);
            }

            buffer.BeforeBackward(i % lanes);
            autograd.backward([Kernels.Embedding(dense, ids)], [gradient]);
        }

        Assert.True(owner.Embedding.GradientBytes <= batches.Length * 7 * config.HiddenSize * sizeof(float));
        var whole = buffer.TakeParts();
        var sent = follower.Embedding.TakeGradientSums();
        foreach (var (one, other) in whole.Zip(sent))
        {
            Assert.Equal((one.Level, one.Index), (other.Sum.Level, other.Sum.Index));
            var rows = TableRows.Checked(config.EmbeddingSpecs()[0], other.Rows!, other.Sum.Value);
            Assert.InRange(rows.Length, 1, 7);
            Same(one.Value, TableRows.Whole(other.Sum with { Rows = rows }, dense.shape).Value);
        }

        foreach (var sum in whole) buffer.Add(sum);
        Same(buffer.Take()!.Value, owner.Embedding.Parameters[0].TakeGradient(out var seen)!);
        Assert.InRange(seen!.Length, 1, 7);

        PartChain Chain() => new(config, dtypes, TinyModel.AdamW, TinyModel.Clone(weights), lanes: lanes);

        static void Same(Tensor expected, Tensor actual)
        {
            Assert.Equal(expected.dtype, actual.dtype);
            Assert.True(expected.bytes.SequenceEqual(actual.bytes));
        }
    }

    // A token without any gradient has a row, too; and each step begins anew.
    [Fact]
    public void TakeGradientSums_rows_are_those_of_tokens()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();
        using var chain = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config));
        var part = chain.Embedding;
        part.TrainWithoutState();
        var some = Sum(5, 3, 5, 28);
        Assert.Equal([3, 5, 28], some.Rows!.data<long>().ToArray());
        Assert.Equal([3, config.HiddenSize], some.Sum.Value.shape);
        Assert.Equal([0], Sum(0).Rows!.data<long>().ToArray());

        GradientSum Sum(params int[] ids)
        {
            using var output = part.Forward(0, tensor(Array.ConvertAll(ids, i => (long)i)).reshape(1, -1), null, train: true);
            part.Backward(0, zeros_like(output));
            return Assert.Single(part.TakeGradientSums());
        }
    }

    [Theory]
    [InlineData(new long[] { 4, 3 }, "number 1 is 3 after 4")]
    [InlineData(new long[] { 4, 4 }, "number 1 is 4 after 4")]
    [InlineData(new long[] { -1, 3 }, "number 0 is -1")]
    [InlineData(new long[] { 3, 29 }, "number 1 is 29 after 3")]
    [InlineData(new long[] { long.MinValue, long.MaxValue }, "number 0 is -9223372036854775808")]
    [InlineData(new long[] { 3 }, "1 rows of model.embed_tokens.weight, [29, 16], were sent as [2, 16]")]
    [InlineData(new long[] { 1, 2, 3 }, "3 rows of model.embed_tokens.weight, [29, 16], were sent as [2, 16]")]
    public void AddGradientSums_wrong_rows_are_refused_and_stay_in_the_queue(long[] rows, string message)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();
        using var chain = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config));
        var part = chain.Embedding;
        part.MakeTrainable();
        foreach (var wrong in (Tensor[])[tensor(rows), tensor(rows).to(ScalarType.Float32), tensor(rows).reshape(1, -1)])
        {
            var sums = new Queue<GradientSum>(
                [new GradientSum(config.EmbeddingSpecs()[0].Name, false, new LaneSum(0, 0, ones(2, config.HiddenSize)), wrong)]);
            var e = Assert.Throws<ArgumentException>(() => part.AddGradientSums(sums));
            Assert.Contains(wrong.dtype == ScalarType.Int64 && wrong.dim() == 1 ? message : "a list of int64", e.Message, StringComparison.Ordinal);
            Assert.Single(sums);
        }

        Assert.Equal(0, part.SquaredGradientNorm());
    }

    // Rows that it does not have must be neither used nor kept.
    [Fact]
    public void TakeTrained_some_rows_has_no_others_until_they_come()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();
        using var chain = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config));
        using var owner = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config, seed: 2));
        var (part, before) = (chain.Embedding, chain.Embedding.ShareTrained()[0].bytes.ToArray());
        part.TrainWithoutState();
        int[] rows = [2, 7, 28];
        var sent = Assert.Single(owner.Embedding.ShareTrained(rows));
        Assert.Equal([3, config.HiddenSize], sent.shape);
        Assert.Throws<ArgumentException>(() => part.TakeTrained([sent], [2, 7]));
        Assert.Throws<ArgumentException>(() => part.TakeTrained([sent], [2, 7, 29]));
        Assert.Throws<ArgumentException>(() => owner.Embedding.ShareTrained([7, 2]));
        Assert.True(part.ShareTrained()[0].bytes.SequenceEqual(before));

        part.TakeTrained([sent], rows);
        part.Check(rows);
        var e = Assert.Throws<InvalidOperationException>(() => part.Check([7, 8]));
        Assert.Contains("token id 8", e.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => part.Freeze());
        part.TakeTrained([owner.Embedding.ShareTrained([8])[0]], [8]);
        Assert.Throws<InvalidOperationException>(() => part.Check([7]));
        var (now, theirs) = (part.ShareTrained()[0], owner.Embedding.ShareTrained()[0]);
        foreach (var row in (int[])[2, 7, 8, 28]) Assert.True(now[row].bytes.SequenceEqual(theirs[row].bytes));

        part.TakeTrained([theirs]);
        part.Check([.. Enumerable.Range(0, config.VocabSize)]);
        Assert.True(part.ShareTrained()[0].bytes.SequenceEqual(theirs.bytes));
        Assert.Throws<ArgumentOutOfRangeException>(() => part.Check([config.VocabSize]));
        Assert.Throws<ArgumentOutOfRangeException>(() => part.Check([-1]));
        part.Freeze();
    }

    // A tied head uses all of it.
    [Fact]
    public void ShareTrained_rows_of_a_tied_matrix_are_all()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(tied: true);
        using var chain = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config));
        chain.Embedding.TrainWithoutState();
        var whole = Assert.Single(chain.Embedding.ShareTrained([3]));
        Assert.Equal(config.EmbeddingSpecs()[0].Shape, whole.shape);
        chain.Embedding.TakeTrained([whole], [3]);
        chain.Embedding.Check([4]);
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

    private static int Seed(long step, int i) => (int)((step * MicroBatches) + i);
}
