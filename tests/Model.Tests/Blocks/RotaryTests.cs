using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>Kinds of scaling that depend on the sequence's length, and the layouts of pairs; the rest is in the families' references.</summary>
public sealed class RotaryTests
{
    [Fact]
    public void InverseFrequencies_dynamic_scaling_is_plain_to_the_trained_length_and_has_a_larger_base_beyond()
    {
        var rope = Rope("""{"rope_type": "dynamic", "factor": 3.0}""");
        Assert.Equal(96, rope.Positions);
        Assert.Equal(ReferenceMath.Frequencies(500, 8), rope.InverseFrequencies(32), (a, b) => Math.Abs(a - b) < 1e-15);

        // NTK: base · ((factor · length / trained) - (factor - 1)) ^ (d / (d - 2)).
        var theta = 500 * Math.Pow((3.0 * 48 / 32) - 2, 8.0 / 6);
        Assert.Equal(ReferenceMath.Frequencies(theta, 8), rope.InverseFrequencies(48), (a, b) => Math.Abs(a - b) < 1e-15);
    }

    [Fact]
    public void InverseFrequencies_longrope_divides_by_short_factors_to_the_original_length_and_long_ones_beyond()
    {
        var rope = Rope("""
            {"type": "longrope", "short_factor": [1.0, 1.1, 1.2, 1.5], "long_factor": [1.0, 2.0, 4.0, 8.0], "original_max_position_embeddings": 16}
            """);
        var plain = ReferenceMath.Frequencies(500, 8);
        Assert.Equal([plain[0], plain[1] / 1.1, plain[2] / 1.2, plain[3] / 1.5], rope.InverseFrequencies(16), (a, b) => Math.Abs(a - b) < 1e-15);
        Assert.Equal([plain[0], plain[1] / 2, plain[2] / 4, plain[3] / 8], rope.InverseFrequencies(17), (a, b) => Math.Abs(a - b) < 1e-15);
        Assert.Equal(Math.Sqrt(1 + (Math.Log(2) / Math.Log(16))), rope.Scaling!.AttentionFactor, 1e-15);
    }

    [Theory]
    [InlineData("""{"type": "longrope", "short_factor": [1.0], "long_factor": [1.0, 2.0, 4.0, 8.0]}""", "rope_scaling.short_factor")]
    [InlineData("""{"type": "longrope", "long_factor": [1.0, 2.0, 4.0, 8.0], "short_factor": [1.0, 2.0, 4.0, -8.0]}""", "rope_scaling.short_factor")]
    [InlineData("""{"type": "longrope", "short_factor": [1.0, 2.0, 4.0, 8.0]}""", "rope_scaling.long_factor")]
    [InlineData("""{"type": "dynamic", "factor": 0.5}""", "rope_scaling.factor")]
    [InlineData("""{"type": "yarn", "factor": 2.0, "beta_fast": 1, "beta_slow": 32}""", "rope_scaling.beta_fast")]
    [InlineData("""{"type": "yarn", "factor": 2.0, "truncate": 1}""", "rope_scaling.truncate")]
    public void Parse_impossible_rope_scaling_is_refused_by_its_field(string scaling, string field) =>
        Assert.Contains($"'{field}'", Assert.Throws<ModelConfigException>(() => Rope(scaling)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(8, false)]
    [InlineData(8, true)]
    [InlineData(6, false)]
    [InlineData(4, true)]
    public void Rotate_pairs_in_halves_or_side_by_side_turn_and_the_rest_of_a_head_stays(int dimensions, bool interleaved)
    {
        using var scope = NewDisposeScope();
        var rotary = new Rotary(dimensions, 100, 32, Interleaved: interleaved);
        var x_BHTK = arange(2 * 3 * 8, dtype: ScalarType.Float32).sin().view(1, 2, 3, 8);
        var turned = rotary.Rotate(x_BHTK, SequenceContext.Plain(CPU, 3));

        for (var head = 0; head < 2; head++)
        {
            for (var position = 0; position < 3; position++)
            {
                var before = x_BHTK[0, head, position].data<float>().Select(v => (double)v).ToArray();
                int[] order = interleaved
                    ? [.. Enumerable.Range(0, dimensions / 2).Select(i => 2 * i), .. Enumerable.Range(0, dimensions / 2).Select(i => (2 * i) + 1)]
                    : [.. Enumerable.Range(0, dimensions)];
                var expected = ReferenceMath.Turn([.. order.Select(i => before[i])], position, ReferenceMath.Frequencies(100, dimensions));
                var actual = turned[0, head, position].data<float>().ToArray();
                for (var i = 0; i < dimensions; i++) Assert.Equal(expected[i], actual[order[i]], 1e-6);
                for (var i = dimensions; i < 8; i++) Assert.Equal(before[i], actual[i]);
            }
        }
    }

    [Fact]
    public void Rotate_keeps_a_table_of_the_sequence_and_not_of_all_positions_of_the_model()
    {
        using var scope = NewDisposeScope();
        var rotary = new Rotary(8, 1e4, 1 << 22);
        rotary.Rotate(ones(1, 2, 3, 8), SequenceContext.Plain(CPU, 3));
        var table = RotaryTable.For(rotary, 3, CPU, ScalarType.Float32);
        Assert.Equal([4096, 8], table.Cos.shape);
        Assert.Same(table, RotaryTable.For(rotary, 4096, CPU, ScalarType.Float32));

        // One for longer sequences takes its place, so that a growing one needs few.
        var longer = RotaryTable.For(rotary, 4097, CPU, ScalarType.Float32);
        Assert.Equal([8192, 8], longer.Cos.shape);
        Assert.Same(longer, RotaryTable.For(rotary, 3, CPU, ScalarType.Float32));
        Assert.Equal([32, 8], RotaryTable.For(rotary with { Positions = 32 }, 3, CPU, ScalarType.Float32).Cos.shape);
    }

    [Theory]
    [InlineData(128, false)]
    [InlineData(6, true)]
    public void For_rows_have_the_same_bits_whatever_the_length(int dimensions, bool interleaved)
    {
        using var scope = NewDisposeScope();
        var rotary = new Rotary(dimensions, 1e6, 9000, Interleaved: interleaved);
        var (shorter, longer) = (Table(3), Table(8999));
        Assert.Equal((4096, 9000), (shorter.Cos.shape[0], longer.Cos.shape[0]));
        Assert.True(longer.Cos.narrow(0, 0, 4096).equal(shorter.Cos).all().item<bool>());
        Assert.True(longer.Sin.narrow(0, 0, 4096).equal(shorter.Sin).all().item<bool>());

        // All at once.
        var angles = outer(arange(9000, dtype: ScalarType.Float64), tensor(rotary.InverseFrequencies(3)));
        var first = interleaved ? Enumerable.Range(0, dimensions / 2).Select(i => 2L * i) : Enumerable.Range(0, dimensions / 2).Select(i => (long)i);
        Assert.True(longer.Cos.index_select(1, tensor(first.ToArray())).equal(angles.cos()).all().item<bool>());

        RotaryTable Table(long length) => RotaryTable.For(rotary, length, CPU, ScalarType.Float64);
    }

    private static Rotary Rope(string scaling) => Assert.IsType<Llama>(ModelConfigReader.Parse(
        $$"""
        {
          "model_type": "llama", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 29,
          "max_position_embeddings": 32, "rope_theta": 500, "rope_scaling": {{scaling}}
        }
        """,
        "config.json")).Rope;
}
