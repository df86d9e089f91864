namespace LisaOrleans;

/// <summary>
/// Tells the beginning of TLS apart from that of Orleans' protocol, whose first four bytes are a number of at most 1024.
/// </summary>
internal static class TlsHello
{
    /// <summary>The number of bytes needed to decide.</summary>
    public const int Bytes = 3;

    private const byte Handshake = 22;
    private const byte MajorVersion = 3;

    /// <summary>Whether a connection begins with TLS.</summary>
    public static bool Begins(ReadOnlySpan<byte> first) =>
        first.Length >= Bytes && first[0] == Handshake && first[1] == MajorVersion && first[2] <= 4;
}
