namespace LisaOrleans.Checkpoints;

/// <summary>By how much the weights of a part differ between two manifests.</summary>
/// <param name="Part">The part.</param>
/// <param name="L2">L2 norm of the difference of all its numbers, those of adapters among them.</param>
/// <param name="Max">The greatest difference of a number.</param>
/// <param name="Numbers">How many numbers differ.</param>
public sealed record PartChange(string Part, double L2, double Max, long Numbers)
{
    private const int Chunk = 1 << 16;

    /// <summary>Compares two manifests of models of one shape, part by part in the order of the forward pass.</summary>
    /// <param name="store">The store that has both.</param>
    /// <param name="one">One manifest.</param>
    /// <param name="other">The other.</param>
    /// <param name="cancellationToken">Stops between two parts.</param>
    /// <exception cref="InvalidDataFileException">The models have other tensors.</exception>
    public static async Task<IReadOnlyList<PartChange>> CompareAsync(
        IBlobStore store, Manifest one, Manifest other, CancellationToken cancellationToken)
    {
        if (one.Parts.Count != other.Parts.Count)
            throw new InvalidDataFileException(
                $"runs '{one.Run}' and '{other.Run}'",
                $"have models of {one.Parts.Count - 2} and {other.Parts.Count - 2} layers, which cannot be compared");
        var changes = new List<PartChange>();
        foreach (var part in PartName.All(one.Parts.Count - 2))
        {
            cancellationToken.ThrowIfCancellationRequested();
            changes.Add(await CompareAsync(store, part, one.Part(part), other.Part(part), cancellationToken).ConfigureAwait(false));
        }

        return changes;
    }

    private static async Task<PartChange> CompareAsync(
        IBlobStore store, string part, PartState one, PartState other, CancellationToken cancellationToken)
    {
        var (squares, max, numbers) = (0.0, 0.0, 0L);
        if (one == other) return new PartChange(part, 0, 0, 0);

        // Where there are adapters, they are what trains; either has the weights beside them.
        await AddAsync(Weights(one), Weights(other)).ConfigureAwait(false);
        if (one.Adapter is not null && other.Adapter is not null)
            await AddAsync(one with { Weights = one.Adapter }, other with { Weights = other.Adapter }).ConfigureAwait(false);
        else if (one.Adapter is not null || other.Adapter is not null)
            throw new InvalidDataFileException(part, "has adapters in one of the runs only, so the two cannot be compared");
        return new PartChange(part, Math.Sqrt(squares), max, numbers);

        async Task AddAsync(PartState a, PartState b)
        {
            if (a == b) return;
            using var x = await PartWeights.OpenAsync(store, a, cancellationToken).ConfigureAwait(false);
            using var y = await PartWeights.OpenAsync(store, b, cancellationToken).ConfigureAwait(false);
            var others = y.Tensors.ToDictionary(t => t.Name);
            foreach (var tensor in x.Tensors)
            {
                if (!others.TryGetValue(tensor.Name, out var match) || !match.Shape.SequenceEqual(tensor.Shape))
                    throw new InvalidDataFileException(
                        part, $"tensor '{tensor.Name}' has another shape in the other run, so the two cannot be compared");
                Add(tensor, match);
            }
        }

        void Add(WeightView a, WeightView b)
        {
            var (x, y) = (new float[Chunk], new float[Chunk]);
            for (var at = 0L; at < a.Count; at += Chunk)
            {
                var count = (int)Math.Min(Chunk, a.Count - at);
                a.Read(at, x.AsSpan(0, count));
                b.Read(at, y.AsSpan(0, count));
                for (var i = 0; i < count; i++)
                {
                    var difference = Math.Abs((double)x[i] - y[i]);
                    if (difference == 0) continue;
                    squares += difference * difference;
                    max = Math.Max(max, difference);
                    numbers++;
                }
            }
        }
    }

    private static PartState Weights(PartState state) =>
        state.Adapter is null ? state with { Parked = null } : new PartState { Weights = state.Weights };
}
