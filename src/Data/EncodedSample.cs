namespace LisaOrleans.Data;

/// <summary>An example as tokens.</summary>
/// <param name="InputIds">Token ids.</param>
/// <param name="Trained">Which of them the model learns to predict.</param>
public sealed record EncodedSample(int[] InputIds, bool[] Trained)
{
    /// <value>How much each token counts in the loss, 0 where it is not learned; null where all that are learned count once.</value>
    public float[]? Weights { get; private init; }

    /// <value>Turns that are learned, and end without a token that ends a turn. Default 0; parts of a sample say nothing of it.</value>
    public int OpenTurns { get; init; }

    /// <value>Turns that are learned without the reasoning that they had. Default 0; parts of a sample say nothing of it.</value>
    public int LostReasoning { get; init; }

    /// <value>Whether an end token belongs at its end, and the tokenizer has none. Default false; parts of a sample say nothing of it.</value>
    public bool LacksEnd { get; init; }

    /// <summary>Tokens that count by weights, finite and at least 0.</summary>
    internal static EncodedSample Of(int[] ids, float[] weights) => new(ids, Array.ConvertAll(weights, w => w > 0))
    {
        Weights = weights.AsSpan().ContainsAnyExcept(0, 1) ? weights : null,
    };

    /// <summary>Some of its tokens.</summary>
    internal EncodedSample Part(Range range) => Weights is null ? new(InputIds[range], Trained[range]) : Of(InputIds[range], Weights[range]);

    /// <summary>The same tokens, each of which counts by a factor more.</summary>
    /// <exception cref="DatasetException">A product is none that float32 holds.</exception>
    internal EncodedSample Times(float factor)
    {
        if (factor == 1) return this;
        var products = Array.ConvertAll(WeightsOrOnes(), w => w * factor);
        for (var i = 0; i < products.Length; i++)
        {
            // A product of two numbers that are not 0 may be too small, or too large.
            if (factor == 0 || !Trained[i] || float.IsNormal(products[i])) continue;
            throw new DatasetException(
                $"field 'weight' is {factor:R}, and a token in it weighs {WeightsOrOnes()[i]:R}; the product must be a number that float32 holds");
        }

        return Of(InputIds, products) with { OpenTurns = OpenTurns, LostReasoning = LostReasoning, LacksEnd = LacksEnd };
    }

    /// <summary><see cref="Weights"/>, or zeros and ones.</summary>
    internal float[] WeightsOrOnes() => Weights ?? Array.ConvertAll(Trained, t => t ? 1f : 0f);
}
