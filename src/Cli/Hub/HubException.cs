namespace LisaOrleans.Cli;

/// <summary>A model cannot be had from the hub, with what would help.</summary>
/// <param name="message">What, and what would help.</param>
/// <param name="isPassing">Whether the same request may do better a moment later.</param>
internal sealed class HubException(string message, bool isPassing = false) : Exception(message)
{
    /// <summary>Whether the same request may do better a moment later.</summary>
    public bool IsPassing => isPassing;
}
