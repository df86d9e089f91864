namespace LisaOrleans;

/// <summary>A certificate cannot be used, or the two ends of a connection do not accept each other's. To try again would not help.</summary>
[GenerateSerializer, Alias("lisa.ClusterTlsException")]
public sealed class ClusterTlsException : LisaException
{
    /// <summary>With a message for people.</summary>
    /// <param name="message">What is wrong, with the file or the other end, and what would be right.</param>
    public ClusterTlsException(string message) : base(message)
    {
    }

    /// <value>The option of <see cref="ClusterTlsOptions"/> that is wrong; null where it is the other end.</value>
    [Id(0)]
    public string? Option { get; init; }
}
