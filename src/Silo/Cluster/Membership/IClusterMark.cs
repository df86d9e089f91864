namespace LisaOrleans.Silo;

/// <summary>
/// A line of text that all silos of a cluster have in common. It is forgotten if it has not been renewed for
/// <see cref="Lifetime"/>, by the clock of the store that keeps it.
/// </summary>
public interface IClusterMark : IAsyncDisposable
{
    /// <summary>How long the mark stays without being renewed.</summary>
    static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>Reads the mark without setting it; null where there is none.</summary>
    Task<string?> ReadAsync();

    /// <summary>Writes beside the mark, and takes it away again: fails where the mark could not be set.</summary>
    Task ProbeAsync();

    /// <summary>Sets the mark if there is none, or a certain one.</summary>
    /// <param name="mark">The text.</param>
    /// <param name="instead">The mark that it may replace.</param>
    /// <returns>What the mark is now: the text, or another one that was already there.</returns>
    Task<string> ClaimAsync(string mark, string instead);

    /// <summary>Sets the mark and starts its lifetime again.</summary>
    /// <param name="mark">The text.</param>
    Task RenewAsync(string mark);
}
