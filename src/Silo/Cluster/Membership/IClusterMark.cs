namespace LisaOrleans.Silo;

/// <summary>
/// A line of text that all silos of a cluster have in common. It is forgotten when it has not been renewed for
/// <see cref="Lifetime"/>, by the clock of where it is kept.
/// </summary>
public interface IClusterMark : IAsyncDisposable
{
    /// <summary>How long it stays.</summary>
    static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>Sets it where there is none.</summary>
    /// <param name="mark">The text.</param>
    /// <returns>What it is now: the text, or another one that was there.</returns>
    Task<string> ClaimAsync(string mark);

    /// <summary>Sets it, and lets its time begin again.</summary>
    /// <param name="mark">The text.</param>
    Task RenewAsync(string mark);
}
