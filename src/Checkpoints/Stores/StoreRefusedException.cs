namespace LisaOrleans.Checkpoints;

/// <summary>
/// A store, or the disk under it, refuses to work for a reason that only people can change: it is full, read-only or
/// gone, or the key gives no right to it. Trying again does not help until that is put right.
/// </summary>
public sealed class StoreRefusedException : IOException
{
    /// <summary>Says what was refused and what to do.</summary>
    /// <param name="message">One or two sentences for people. Holds no secret.</param>
    /// <param name="inner">What the system said.</param>
    public StoreRefusedException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>The store has been there, and is not any more.</summary>
    /// <param name="location">The store.</param>
    /// <param name="missing">What it lacks.</param>
    internal static StoreRefusedException OfGone(string location, string missing) =>
        new($"{location}: the store is gone ({missing}): is it mounted?");
}
