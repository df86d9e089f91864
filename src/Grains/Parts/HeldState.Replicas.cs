using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <content>Where another replica keeps the part's optimizer state.</content>
internal sealed partial class HeldState<TPart>
    where TPart : ModelPart
{
    private const int HashedAtOneTime = 2;

    // On a GPU each is a copy in the host's memory.
    private static readonly SemaphoreSlim s_hashing = new(HashedAtOneTime);

    // What was found to be a blob's weights.
    private (long Version, BlobRef Weights)? _recognized;

    /// <value>Whether another replica keeps the part's optimizer state and updates it.</value>
    public bool FollowsOwner { get; private set; }

    /// <summary>Whether the part is one that only has to get the numbers of its owner's weights.</summary>
    public bool CanFollow(PartLoad load) => load.OwnerSendsWeights && Part is { HoldsExactWeights: true };

    /// <summary>
    /// Leaves optimizer state to another replica, or not any more. On the device's thread, when the part is in the state of a load, or about
    /// to get it from its owner.
    /// </summary>
    public void Follow(PartLoad load)
    {
        FollowsOwner = load.FollowsOwner;
        if (!load.OwnerSendsWeights && !(load.FollowsOwner && Part is { KeepsState: true })) return;

        // From here on it is not what the blobs hold. Whoever was to get the state from here has it.
        _version++;
        _offer.Discard();
        Part!.TrainWithoutState();
    }

    /// <summary>
    /// Finds out whether a part that does not train holds the weights of a blob, byte for byte. Its owner alone stores it, so that another
    /// replica does not know.
    /// </summary>
    /// <param name="weights">The blob.</param>
    /// <param name="copyOnDevice">Runs the copying on the device's thread.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task Recognize(BlobRef weights, Func<Func<PartCopy>, Task<PartCopy>> copyOnDevice, CancellationToken cancellationToken)
    {
        if (IsStored || _recognized == (_version, weights)) return;
        if (Part is not { Trainable: false, HasAdapters: false, HoldsExactWeights: true }) return;
        await s_hashing.WaitAsync(cancellationToken);
        try
        {
            var copy = await copyOnDevice(() => _shared.Share(PartCopy.OfState(Part!, _version, services.Worker.Device)));
            if (await copy.Hash(cancellationToken) == weights) _recognized = (copy.Version, weights);
        }
        finally
        {
            s_hashing.Release();
        }
    }

    /// <summary>
    /// Takes the owner's new weights of a step, of its tokens' table only some rows unless these are null. On the device's thread.
    /// </summary>
    public void TakeTrained(long step, IReadOnlyList<Tensor> weights, int[]? rows)
    {
        _version++;
        _shared.Separate();
        Part!.TakeTrained(weights, rows);
        _appliedStep = step;
    }
}
