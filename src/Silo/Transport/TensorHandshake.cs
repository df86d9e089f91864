using System.Security.Cryptography;

namespace LisaOrleans.Silo;

/// <summary>
/// Both ends prove that they know the cluster's secret, without sending it: each answers the other's random challenge with
/// an HMAC-SHA256 under a label of its own, so that no answer can be played back to its sender.
/// </summary>
internal static class TensorHandshake
{
    // Increases with every change of the wire format.
    private const byte Version = 2;
    private const int Nonce = 32;
    private const int Proof = 32;

    private static readonly byte[] s_magic = [(byte)'L', (byte)'I', (byte)'S', (byte)'A', Version];

    public static async Task ConnectAsync(TensorSocket socket, ReadOnlyMemory<byte> secret, CancellationToken cancellationToken)
    {
        var ours = RandomNumberGenerator.GetBytes(Nonce);
        await socket.SendAsync((byte[])[.. s_magic, .. ours], cancellationToken).ConfigureAwait(false);
        var answer = new byte[s_magic.Length + Nonce + Proof];
        await socket.ReceiveAsync(answer, cancellationToken).ConfigureAwait(false);
        CheckMagic(answer);
        var theirs = answer.AsMemory(s_magic.Length, Nonce);
        Check(answer.AsSpan(s_magic.Length + Nonce), Prove(secret, "server"u8, ours, theirs.Span));
        await socket.SendAsync(Prove(secret, "client"u8, theirs.Span, ours), cancellationToken).ConfigureAwait(false);
    }

    public static async Task AcceptAsync(TensorSocket socket, ReadOnlyMemory<byte> secret, CancellationToken cancellationToken)
    {
        var hello = new byte[s_magic.Length + Nonce];
        await socket.ReceiveAsync(hello, cancellationToken).ConfigureAwait(false);
        CheckMagic(hello);
        var theirs = hello.AsMemory(s_magic.Length);
        var ours = RandomNumberGenerator.GetBytes(Nonce);
        await socket.SendAsync((byte[])[.. s_magic, .. ours, .. Prove(secret, "server"u8, theirs.Span, ours)], cancellationToken)
            .ConfigureAwait(false);
        var proof = new byte[Proof];
        await socket.ReceiveAsync(proof, cancellationToken).ConfigureAwait(false);
        Check(proof, Prove(secret, "client"u8, ours, theirs.Span));
    }

    private static byte[] Prove(ReadOnlyMemory<byte> secret, ReadOnlySpan<byte> label, ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> own) =>
        HMACSHA256.HashData(secret.Span, (byte[])[.. label, .. challenge, .. own]);

    private static void CheckMagic(ReadOnlySpan<byte> data)
    {
        if (!data.StartsWith(s_magic)) throw new TensorTransportException("the other end does not speak this version of the tensor transport");
    }

    private static void Check(ReadOnlySpan<byte> given, ReadOnlySpan<byte> wanted)
    {
        if (!CryptographicOperations.FixedTimeEquals(given, wanted)) throw new TensorTransportException("the other end has another cluster secret");
    }
}
