using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <content>
/// Where several replicas of a model train together: one of them keeps a part's optimizer state, gets what the others have summed of
/// its gradients, and sends them the new weights.
/// </content>
public abstract partial class ModelPart
{
    /// <summary>Whether the part trains with state of its own.</summary>
    public bool KeepsState => Trainable && Trained.All(p => p.State is not null);

    /// <summary>Makes the part collect gradients without optimizer state, or drops that which it has. Weights stay.</summary>
    public void TrainWithoutState()
    {
        if (Trainable)
        {
            foreach (var parameter in Trained) parameter.DropState();
            return;
        }

        MakeTrainable(optimizer: null);
    }

    /// <summary>What has been summed here of the step's gradients; the caller now owns it.</summary>
    public IReadOnlyList<GradientSum> TakeGradientSums() => [.. Trained.SelectMany(p => p.TakeSums())];

    /// <summary>Adds what another replica has summed. Owns what it has taken out of the queue.</summary>
    /// <exception cref="ArgumentException">A sum has another shape than its parameter, or rows that the parameter does not have.</exception>
    public void AddGradientSums(Queue<GradientSum> sums)
    {
        if (!Collects()) throw new InvalidOperationException("the part does not train");
        var trained = Trained.ToDictionary(p => p.Spec.Name);
        for (; sums.TryPeek(out var sum); sums.Dequeue()) trained[sum.Parameter].Add(sum);
    }

    /// <summary>
    /// What trains, in the compute dtype and sharing the part's memory; the caller owns the tensors. The part must not change while they
    /// are used.
    /// </summary>
    /// <param name="rows">Of the table that has a row for each token, only these rows, ascending; null for all of it.</param>
    public IReadOnlyList<Tensor> ShareTrained(int[]? rows = null) =>
        [.. Trained.Select(p => rows is null || p != TokenTable ? Share(p.Exact, p.Exact.dtype) : RowsOf(p, rows))];

    /// <summary>Takes over the numbers of what trains, as <see cref="ShareTrained"/> gave them for the same rows; not owned.</summary>
    /// <exception cref="ArgumentException">They have other shapes than the part's.</exception>
    public void TakeTrained(IReadOnlyList<Tensor> values, int[]? rows = null)
    {
        if (values.Count != Trained.Count)
            throw new ArgumentException($"{values.Count} weights were sent instead of {Trained.Count}", nameof(values));
        foreach (var (parameter, value) in Trained.Zip(values)) parameter.Take(value, parameter == TokenTable ? rows : null);
    }

    // Of which a micro-batch uses the rows of its tokens only; null where the part has none.
    private protected virtual Parameter? TokenTable => null;

    private static Tensor RowsOf(Parameter table, int[] rows)
    {
        using var _ = no_grad();
        using var index = TableRows.Index(table.Spec, rows, table.Exact.device);
        return table.Exact.index_select(0, index).DetachFromDisposeScope();
    }
}
