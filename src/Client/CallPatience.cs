namespace LisaOrleans.Client;

/// <summary>How long a call may take, and how long it is repeated.</summary>
/// <param name="Attempt">Time for the first attempt; each that was too short doubles it, up to <see cref="Longest"/>.
/// Infinite for calls that may take any time.</param>
/// <param name="InAll">How long to repeat it after it failed for the first time.</param>
internal readonly record struct CallPatience(TimeSpan Attempt, TimeSpan InAll)
{
    /// <summary>The longest attempt of a call that has a limit.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    /// <summary>The attempt after one that was too short.</summary>
    public CallPatience Longer() => Attempt >= Longest || Attempt < TimeSpan.Zero
        ? this
        : this with { Attempt = Attempt * 2 < Longest ? Attempt * 2 : Longest };
}
