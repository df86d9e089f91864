using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <summary>
/// The exact weights of a part whose form in memory is not the plain one: brings them from the store when they are to train,
/// and lets go of them when they do not train any more and the store has them. Used within one grain's turns.
/// </summary>
/// <remarks>
/// They are stored as soon as the part sleeps, not with the next manifest: so memory does not depend on how often manifests are
/// written. Nothing names such a blob until the manifest does; it is renewed each period, so that the garbage collector spares it.
/// </remarks>
internal sealed class SleepingWeights<TPart>(PartServices services, PartDevice device, PartFence fence, HeldState<TPart> held)
    where TPart : ModelPart
{
    private PartLoad? _load;
    private PartSchema? _schema;

    /// <summary>Whether the weights do not train as they are loaded, and have a form that is made from the store's blob.</summary>
    public bool ComeFromStore => Sleep && Form is not WholeForm;

    /// <summary>Whether they are the part's plain weights, also while it sleeps.</summary>
    public bool AreWhole => _load is null || Form is WholeForm;

    private IWeightForm Form => WeightForms.Of(_load!.Spec);

    // Beside adapters they always do.
    private bool Sleep => _load!.Optimizer is null || _schema!.HasAdapters;

    /// <summary>Notes what the part is being loaded as.</summary>
    public void Loading(PartLoad load, PartSchema schema) => (_load, _schema) = (load, schema);

    /// <summary>Lets go of the exact weights of a part that was just loaded. On the device's thread.</summary>
    public void Forget()
    {
        if (Sleep) held.Part!.ForgetExactWeights();
    }

    /// <summary>The exact weights for a part that is about to train; null if it has them, or only its adapters train.</summary>
    public async Task<IPartState?> Fetch(CancellationToken cancellationToken) =>
        held.Part is { HoldsExactWeights: false, HasAdapters: false } ? await Read(cancellationToken) : null;

    /// <summary>Stores what a part that sleeps has learned, and lets go of its copy in memory.</summary>
    public async Task Settle(long generation, CancellationToken cancellationToken)
    {
        if (AreWhole || held.Part is not { HasAdapters: false } part) return;

        // One that woke again may have been stored without a manifest that names it.
        if (part.Trainable || held.IsStored)
        {
            await held.RenewStored(cancellationToken);
            return;
        }

        await held.Store(
            copy => device.Run(generation, copy, cancellationToken: cancellationToken), () => fence.Check(generation), fence.Life, cancellationToken);

        // Another snapshot may have taken the place of this one; then the next period lets go of them.
        if (!held.IsStored) return;
        using var mapped = Form.IsMapped ? await Read(cancellationToken) : null;
        await device.Run(
            generation,
            () =>
            {
                if (mapped is not null) held.Part!.TakeExactWeights(mapped.TakeWeights(services.Worker.Device));
                held.Part!.ForgetExactWeights();
            },
            cancellationToken: cancellationToken);
    }

    private async Task<IPartState> Read(CancellationToken cancellationToken) => await StoredPartState.Read(
        services.Store, _load! with { Weights = held.StoredWeights, Optimizer = null }, _schema!, cancellationToken);
}
