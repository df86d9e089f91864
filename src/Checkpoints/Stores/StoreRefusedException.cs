namespace LisaOrleans.Checkpoints;

/// <summary>
/// A store, or the disk under it, refuses to work for a reason that only people can change: it is full or read-only, or the key
/// gives no right to it. Trying again does not help until that is put right.
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
}
