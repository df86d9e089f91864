using System.Net;

namespace LisaOrleans.Cli;

/// <summary>A model cannot be had from the hub, with what would help.</summary>
/// <param name="message">What, and what would help.</param>
/// <param name="isPassing">Whether the same request may do better a moment later.</param>
/// <param name="status">What the hub answered; null where it did not.</param>
internal sealed class HubException(string message, bool isPassing = false, HttpStatusCode? status = null) : Exception(message)
{
    /// <summary>What the hub answered; null where it did not.</summary>
    public HttpStatusCode? Status => status;

    /// <summary>Whether the same request may do better a moment later.</summary>
    public bool IsPassing => isPassing;
}
