namespace LisaOrleans.Model;

/// <summary>Numbers that a block keeps for its backward pass, for each token.</summary>
/// <param name="Always">In the compute dtype, whether its weights train or not.</param>
/// <param name="WhenActive">In the compute dtype, in addition where they train: the inputs of its matrices.</param>
/// <param name="Float32">In float32, always.</param>
/// <param name="Float32WhenActive">In float32, in addition where its weights train.</param>
/// <param name="Copies">In float32, of numbers that are kept anyway: none where that is the compute dtype.</param>
public readonly record struct SavedNumbers(long Always, long WhenActive, long Float32, long Float32WhenActive = 0, long Copies = 0)
{
    /// <summary>Those of two blocks.</summary>
    public static SavedNumbers operator +(SavedNumbers a, SavedNumbers b) => checked(new(
        a.Always + b.Always, a.WhenActive + b.WhenActive, a.Float32 + b.Float32, a.Float32WhenActive + b.Float32WhenActive, a.Copies + b.Copies));

    /// <summary>Those of so many identical blocks.</summary>
    public static SavedNumbers operator *(long blocks, SavedNumbers each) => checked(new(
        blocks * each.Always, blocks * each.WhenActive, blocks * each.Float32, blocks * each.Float32WhenActive, blocks * each.Copies));

    /// <summary>Bytes for each token.</summary>
    /// <param name="active">Whether the block's weights train.</param>
    /// <param name="size">Bytes of a number in the compute dtype.</param>
    public long Bytes(bool active, int size) => checked(
        (size * (Always + (active ? WhenActive : 0)))
        + (sizeof(float) * (Float32 + (active ? Float32WhenActive : 0) + (size < sizeof(float) ? Copies : 0))));
}
