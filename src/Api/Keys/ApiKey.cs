using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace LisaOrleans.Api;

/// <summary>
/// A key as it is kept: its hash, never the key itself. The key is 256 random bits, so one round of SHA-256 protects it.
/// </summary>
/// <param name="Name">Who it was given to: letters, digits, '.', '_' and '-', at most 100.</param>
/// <param name="Scope">One of <see cref="ApiScopes.All"/>.</param>
/// <param name="Sha256">SHA-256 of the key, 32 bytes.</param>
public sealed record ApiKey(string Name, string Scope, ReadOnlyMemory<byte> Sha256)
{
    private const string Prefix = "lisa-";
    private const int KeyBytes = 32;

    /// <summary>Makes a key.</summary>
    /// <returns>The key itself, which is not stored anywhere, and what is kept of it.</returns>
    public static (string Secret, ApiKey Key) Create(string name, string scope)
    {
        var secret = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));
        return (secret, new ApiKey(name, scope, Hash(secret)));
    }

    /// <summary>The hash by which a key is recognized.</summary>
    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>Its line in a file of keys.</summary>
    public string ToLine() => $"{Name} {Scope} {Convert.ToHexStringLower(Sha256.Span)}";
}
