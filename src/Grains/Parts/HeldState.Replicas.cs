using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <content>Where another replica keeps the part's optimizer state.</content>
internal sealed partial class HeldState<TPart>
    where TPart : ModelPart
{
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

        // From here on it is not what the blobs hold.
        _version++;
        Part!.TrainWithoutState();
    }

    /// <summary>Takes the owner's new weights, of its tokens' table only some rows unless these are null. On the device's thread.</summary>
    public void TakeTrained(IReadOnlyList<Tensor> weights, int[]? rows)
    {
        _version++;
        _shared.Separate();
        Part!.TakeTrained(weights, rows);
    }
}
