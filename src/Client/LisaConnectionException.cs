namespace LisaOrleans.Client;

/// <summary>The cluster could not be reached.</summary>
/// <param name="message">Which, and why.</param>
/// <param name="inner">What happened.</param>
public sealed class LisaConnectionException(string message, Exception inner) : Exception(message, inner);
