using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>Continues a sequence of tokens.</summary>
public static class TextGenerator
{
    /// <summary>Yields new tokens until an end-of-sequence id (not yielded), the limit, or the model's longest sequence.</summary>
    /// <param name="model">The model; not owned.</param>
    /// <param name="prompt">At least one token.</param>
    /// <param name="options">How to choose.</param>
    /// <param name="cancellationToken">Ends it between tokens.</param>
    public static IEnumerable<int> Generate(
        CausalLanguageModel model, IReadOnlyList<int> prompt, GenerationOptions options, CancellationToken cancellationToken)
    {
        if (prompt.Count == 0) throw new ArgumentException("the prompt has no tokens", nameof(prompt));
        var longest = model.Config.MaxSequenceLength;
        if (prompt.Count >= longest)
            throw new ArgumentException($"the prompt has {prompt.Count} tokens; the model takes fewer than {longest}", nameof(prompt));

        var count = Math.Min(options.MaxNewTokens, longest - prompt.Count);
        using var session = model.StartDecoding(prompt.Count + count);
        var input = prompt;
        var made = new Dictionary<int, int>();
        for (var i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int token;
            using (var logits_1V = session.Append(input))
            {
                token = Choose(logits_1V, options, i, made);
            }

            if (model.Config.EosTokenIds.Contains(token) || options.StopTokenIds.Contains(token)) yield break;
            made[token] = made.GetValueOrDefault(token) + 1;
            yield return token;
            input = [token];
        }
    }

    private static int Choose(Tensor logits_1V, GenerationOptions options, int position, Dictionary<int, int> made)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        AddToLogits(logits_1V, options, made);
        if (options.Temperature <= 0) return (int)logits_1V.argmax(-1).item<long>();

        var (sorted, order) = logits_1V.squeeze(0).Over(options.Temperature).softmax(-1).sort(descending: true);
        var probabilities = sorted.cpu().data<float>().ToArray();

        // By a temperature that small, logits become infinite: the likeliest token has all the probability.
        if (float.IsNaN(probabilities[0])) return (int)logits_1V.argmax(-1).item<long>();
        var kept = probabilities.Length;
        var mass = 0.0;
        for (var i = 0; i < probabilities.Length; i++)
        {
            mass += probabilities[i];
            if (mass < options.TopP) continue;
            kept = i + 1;
            break;
        }

        var draw = new Random(HashCode(options.Seed, position)).NextDouble() * mass;
        for (var i = 0; i < kept; i++)
        {
            draw -= probabilities[i];
            if (draw < 0) return (int)order[i].item<long>();
        }

        return (int)order[kept - 1].item<long>();
    }

    private static void AddToLogits(Tensor logits_1V, GenerationOptions options, Dictionary<int, int> made)
    {
        var added = options.LogitBias.Select(b => ((long)b.Key, (float)b.Value)).ToList();
        if (options.FrequencyPenalty != 0 || options.PresencePenalty != 0)
            added.AddRange(made.Select(m => ((long)m.Key, (float)-((m.Value * options.FrequencyPenalty) + options.PresencePenalty))));
        if (added.Count == 0) return;
        var ids = tensor(added.Select(a => a.Item1).ToArray(), device: logits_1V.device);
        var values = tensor(added.Select(a => a.Item2).ToArray(), device: logits_1V.device);
        logits_1V.squeeze(0).AddAtInPlace(ids, values);
    }

    // SplitMix64's finisher: draws are keyed by (seed, position), so that a generation can be repeated.
    private static int HashCode(ulong seed, int position)
    {
        var z = seed + (0x9E3779B97F4A7C15UL * ((ulong)position + 1));
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return (int)(z ^ (z >> 31));
    }
}
