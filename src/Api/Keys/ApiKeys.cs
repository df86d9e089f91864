using System.Security.Cryptography;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Api;

/// <summary>
/// The keys of a server, from a file with a line for each: its name, its scope and the SHA-256 of the key in hexadecimal. Empty
/// lines and lines that begin with '#' are ignored.
/// </summary>
public sealed class ApiKeys : IRenewed
{
    private readonly string? _path;
    private readonly WatchedFiles? _files;
    private volatile IReadOnlyList<ApiKey> _keys;

    /// <summary>Keys that are known already.</summary>
    public ApiKeys(IReadOnlyList<ApiKey> keys) => _keys = keys;

    private ApiKeys(string path)
    {
        (_path, _files) = (path, new WatchedFiles(path));
        _keys = Read(path);
    }

    /// <inheritdoc/>
    WatchedFiles? IRenewed.Files => _files;

    /// <summary>How many there are.</summary>
    public int Count => _keys.Count;

    /// <summary>Whether there is one of this name.</summary>
    public bool Has(string name) => Named(name) is not null;

    /// <summary>The key of a name, or null.</summary>
    public ApiKey? Named(string name) => _keys.FirstOrDefault(k => k.Name == name);

    /// <summary>Reads a file. One without keys is right, too: nobody is let in.</summary>
    /// <exception cref="InvalidDataFileException">A line is wrong; the message names it.</exception>
    public static ApiKeys ReadFile(string path) => new(path);

    /// <inheritdoc/>
    void IRenewed.ReadAgain() => _keys = Read(_path!);

    /// <summary>The key that a caller shows, or null. Takes the same time for every wrong key.</summary>
    public ApiKey? Find(string secret)
    {
        var hash = ApiKey.Hash(secret);
        ApiKey? found = null;
        foreach (var key in _keys)
            if (CryptographicOperations.FixedTimeEquals(key.Sha256.Span, hash)) found = key;
        return found;
    }

    private static List<ApiKey> Read(string path)
    {
        var keys = new List<ApiKey>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line) || line.TrimStart().StartsWith('#')) continue;
            var key = Parse(line) ?? throw new InvalidDataFileException(
                path, $"line {number}: must be a name, {string.Join(" or ", ApiScopes.All)}, and 64 hexadecimal digits (lisa keys new makes one)");
            if (keys.Any(k => k.Name == key.Name)) throw new InvalidDataFileException(path, $"line {number}: there is a key '{key.Name}' already");
            keys.Add(key);
        }

        return keys;
    }

    private static ApiKey? Parse(string line)
    {
        if (line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is not [var name, var scope, var hash]) return null;
        try
        {
            RunName.Validate(name);
            return ApiScopes.All.Contains(scope) && hash.Length == 2 * SHA256.HashSizeInBytes
                ? new ApiKey(name, scope, Convert.FromHexString(hash))
                : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            return null;
        }
    }
}
