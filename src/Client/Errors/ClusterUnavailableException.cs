namespace LisaOrleans.Client;

/// <summary>The cluster did not answer in the time that the client was willing to wait. The same call may succeed later.</summary>
/// <param name="message">Which cluster, and why.</param>
/// <param name="inner">What happened last.</param>
public sealed class ClusterUnavailableException(string message, Exception inner) : LisaException(message, inner);
