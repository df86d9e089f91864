using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>What every family does beyond the arithmetic of one pass, which <see cref="ReferenceTests"/> hold.</summary>
public sealed class FamilyTests
{
    public static TheoryData<string> Names => [.. References.All.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void LayerPart_recomputed_gives_the_same_bits(string name)
    {
        using var scope = NewDisposeScope();
        var config = Config(name);
        using var kept = Chain(config, recompute: false);
        using var recomputed = Chain(config, recompute: true);

        Assert.Equal(Train(kept, 7), Train(recomputed, 7));
        foreach (var (a, b) in Parameters(kept).Zip(Parameters(recomputed)))
            Assert.Equal(Bits(a), Bits(b));

        static byte[] Bits(Parameter parameter)
        {
            // An expert to which no token is sent has no gradient.
            using var gradient = parameter.TakeGradient(out _);
            return gradient is null ? [] : gradient.contiguous().bytes.ToArray();
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Apply_thirty_updates_lower_the_loss(string name)
    {
        using var scope = NewDisposeScope();
        using var chain = Chain(Config(name), recompute: false);
        var first = Train(chain, 11);
        for (var step = 0; step < 30; step++)
        {
            foreach (var part in chain.Parts) part.Apply(0.01, 1);
            Train(chain, 11);
        }

        foreach (var part in chain.Parts) part.DiscardGradients();
        Assert.True(Train(chain, 11) < 0.5 * first, $"{Train(chain, 11)} after {first}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void PartDtypes_bfloat16_comes_close_to_float32(string name)
    {
        using var scope = NewDisposeScope();
        var config = Config(name);
        using var exact = Chain(config, recompute: false);
        using var rounded = Chain(config, recompute: true, "bfloat16");

        var (loss, roundedLoss) = (Train(exact, 5), Train(rounded, 5));
        Assert.InRange(roundedLoss / loss, 0.9, 1.1);
        foreach (var (a, b) in exact.Parts.Zip(rounded.Parts))
            Assert.InRange(b.SquaredGradientNorm() / a.SquaredGradientNorm(), 0.6, 1.6);
    }

    [Fact]
    public void Append_past_the_original_context_of_longrope_turns_what_is_cached_anew()
    {
        using var scope = NewDisposeScope();
        using var model = TinyLanguageModel.Create(Config(Phi3Reference.Long.Name));
        var ids = TinyModel.Ids(model.Config, 8, 3);
        using var session = model.StartDecoding(8);

        AssertClose(model.Logits(ids[..3]), session.Append(ids[..3], allPositions: true));
        AssertClose(model.Logits(ids[..6])[3..], session.Append(ids[3..6], allPositions: true));
        AssertClose(model.Logits(ids[..7])[6..], session.Append(ids[6..7]));
        AssertClose(model.Logits(ids)[7..], session.Append(ids[7..]));

        static void AssertClose(Tensor expected, Tensor actual) =>
            Assert.InRange((expected - actual).abs().max().item<float>(), 0, 2e-5f);
    }

    private static ModelConfig Config(string name) =>
        ModelConfigReader.Parse(References.All.Single(r => r.Name == name).Config, "config.json");

    private static PartChain Chain(ModelConfig config, bool recompute, string dtype = "float32")
    {
        var dtypes = PartDtypes.Parse(dtype, "float32");
        var chain = new PartChain(config, dtypes, TinyModel.AdamW, TinyModel.Weights(config, dtype: dtypes.Compute), recompute);
        foreach (var part in chain.Parts) part.MakeTrainable();
        return chain;
    }

    private static double Train(PartChain chain, int seed)
    {
        var config = chain.Head.Config;
        return chain.Train(0, TinyModel.Ids(config, 24, seed), TinyModel.Ids(config, 24, seed + 1), rows: 2, scale: 1.0 / 24);
    }

    private static IEnumerable<Parameter> Parameters(PartChain chain) => chain.Parts.SelectMany(p => p.Parameters);
}
