using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>The rotary embedding's keys and tensors.</summary>
internal static class GgufRope
{
    /// <summary>Adds them.</summary>
    /// <exception cref="InvalidDataFileException">Programs that read such files do not stretch frequencies like that.</exception>
    public static GgufArchitecture Add(GgufArchitecture architecture)
    {
        var rope = architecture.Config.Rope;
        var withKeys = architecture with
        {
            More =
            [
                .. architecture.More,
                new("rope.dimension_count", (uint)rope.Dimensions),
                new("rope.freq_base", (float)rope.Theta),
            ],
        };
        return rope.Scaling switch
        {
            // Dynamic scaling begins beyond the lengths of pre-training, which the file gives as the longest.
            null or DynamicRopeScaling => withKeys,
            LinearRopeScaling linear => With(withKeys, new("rope.scaling.type", "linear"), new("rope.scaling.factor", (float)linear.Factor)),
            Llama3RopeScaling when architecture.Name == "llama" => withKeys with { Factors = [new("rope_freqs.weight", Divisors(rope))] },
            LongRopeScaling longRope => With(
                withKeys with
                {
                    Factors =
                    [
                        new("rope_factors_long.weight", Floats(longRope.LongFactor)),
                        new("rope_factors_short.weight", Floats(longRope.ShortFactor)),
                    ],
                },
                new("rope.scaling.original_context_length", (uint)longRope.OriginalMaxPositionEmbeddings),
                new("rope.scaling.attn_factor", (float)longRope.AttentionFactor)),
            var other => throw new InvalidDataFileException(
                ModelFileNames.Config,
                $"field 'rope_scaling' is of a type ({other.GetType().Name}) that is not exported as GGUF for {architecture.Config.ModelType}"),
        };
    }

    // What each frequency is divided by.
    private static float[] Divisors(Rotary rope)
    {
        var plain = (rope with { Scaling = null }).InverseFrequencies(0);
        return [.. plain.Zip(rope.InverseFrequencies(0), (before, after) => (float)(before / after))];
    }

    private static float[] Floats(IReadOnlyList<double> numbers) => [.. numbers.Select(n => (float)n)];

    private static GgufArchitecture With(GgufArchitecture architecture, params KeyValuePair<string, object>[] keys) =>
        architecture with { More = [.. architecture.More, .. keys] };
}
