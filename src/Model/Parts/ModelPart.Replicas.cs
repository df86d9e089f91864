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
    public void AddGradientSums(Queue<GradientSum> sums)
    {
        if (!Collects()) throw new InvalidOperationException("the part does not train");
        var trained = Trained.ToDictionary(p => p.Spec.Name);
        while (sums.TryPeek(out var sum))
        {
            var parameter = trained[sum.Parameter];
            parameter.Add(sums.Dequeue());
        }
    }

    /// <summary>
    /// What trains, in the compute dtype and sharing the part's memory; the caller owns the tensors. The part must not change while they
    /// are used.
    /// </summary>
    public IReadOnlyList<Tensor> ShareTrained() => [.. Trained.Select(p => Share(p.Exact, p.Exact.dtype))];

    /// <summary>Takes over the numbers of what trains, as <see cref="ShareTrained"/> gave them; not owned.</summary>
    public void TakeTrained(IReadOnlyList<Tensor> values)
    {
        if (!Trained.Select(p => string.Join(',', p.Spec.Shape)).SequenceEqual(values.Select(v => string.Join(',', v.shape))))
            throw new ArgumentException("the weights that were sent have other shapes than the part's", nameof(values));
        using var _ = no_grad();
        foreach (var (parameter, value) in Trained.Zip(values)) parameter.Exact.copy_(value);
    }
}
