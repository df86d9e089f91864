using System.Globalization;

namespace LisaOrleans;

/// <summary>The address of a Redis as clouds give it: <c>redis://user:password@host:port/database</c>, or <c>rediss://…</c> with TLS.</summary>
/// <param name="Host">Host.</param>
/// <param name="Port">Port.</param>
/// <param name="User">User of the ACL; null for the default one.</param>
/// <param name="Password">Password; null for none.</param>
/// <param name="Tls">Whether the connection is encrypted.</param>
/// <param name="Database">Number of the database.</param>
public sealed record RedisAddress(string Host, int Port, string? User, string? Password, bool Tls, int Database)
{
    private const int DefaultPort = 6379;
    private const string Separator = "://";
    private const string Wanted =
        "a Redis is HOST:PORT, a URL (redis:, or rediss: for TLS, with user, password, host, port and database), or a "
        + "StackExchange.Redis configuration";

    /// <summary>Reads a URL; null for a text that is none.</summary>
    /// <param name="text">What was written.</param>
    /// <exception cref="FormatException">It is no such URL. The message repeats nothing of it but the scheme.</exception>
    public static RedisAddress? Parse(string text)
    {
        var end = text.IndexOf(Separator, StringComparison.Ordinal);
        if (end < 0) return null;
        var scheme = text[..end].Trim().ToLowerInvariant();
        if (scheme is not ("redis" or "rediss"))
            throw new FormatException($"{(scheme.All(char.IsAsciiLetterOrDigit) ? $"'{scheme}://…' is" : "it is")} not a Redis address; {Wanted}");
        var rest = text[(end + Separator.Length)..].Trim();

        // A password may contain anything, including an '@' too.
        var at = rest.LastIndexOf('@');
        var (user, password) = at < 0 ? (null, null) : Credentials(rest[..at]);
        var place = rest[(at + 1)..].Split('/', 2);
        var database = place.Length == 2 && place[1].Length > 0
            ? Number(place[1], 0, "the database after the '/' must be a number, and nothing may follow it")
            : 0;
        var (host, port) = Place(place[0]);
        return new RedisAddress(host, port, user, password, scheme == "rediss", database);
    }

    /// <summary>The address without its secrets.</summary>
    public override string ToString() => $"{Host}:{Port}";

    private static (string? User, string? Password) Credentials(string text) => text.Split(':', 2) is [var user, var password]
        ? (user.Length > 0 ? Uri.UnescapeDataString(user) : null, password.Length > 0 ? Uri.UnescapeDataString(password) : null)
        : throw new FormatException($"what stands before the '@' must be USER:PASSWORD or :PASSWORD; {Wanted}");

    private static (string Host, int Port) Place(string text)
    {
        // An IPv6 address has colons of its own, in brackets.
        var bracket = text.LastIndexOf(']');
        var colon = text.IndexOf(':', bracket + 1);
        var host = (colon < 0 ? text : text[..colon]).Trim('[', ']');
        if (host.Length == 0 || Uri.CheckHostName(host) == UriHostNameType.Unknown)
            throw new FormatException($"the host is missing or none; {Wanted}");
        return (host, colon < 0 ? DefaultPort : Number(text[(colon + 1)..], 1, "the port must be a number, and nothing but /DATABASE may follow it"));
    }

    private static int Number(string text, int lowest, string problem) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= lowest && number <= ushort.MaxValue
            ? number
            : throw new FormatException($"{problem}; {Wanted}");
}
