namespace LisaOrleans.Model;

/// <summary>Numbers that a block keeps for its backward pass, for each token.</summary>
/// <param name="Always">In the compute dtype, whether its weights train or not.</param>
/// <param name="WhenActive">In the compute dtype, in addition where they train: the inputs of its matrices.</param>
/// <param name="Float32">In float32, always.</param>
public readonly record struct SavedNumbers(long Always, long WhenActive, long Float32)
{
    /// <summary>Those of two blocks.</summary>
    public static SavedNumbers operator +(SavedNumbers a, SavedNumbers b) =>
        checked(new(a.Always + b.Always, a.WhenActive + b.WhenActive, a.Float32 + b.Float32));

    /// <summary>Those of so many identical blocks.</summary>
    public static SavedNumbers operator *(long blocks, SavedNumbers each) =>
        checked(new(blocks * each.Always, blocks * each.WhenActive, blocks * each.Float32));
}
