using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using LisaOrleans.Api;

namespace LisaOrleans.Dashboard;

/// <summary>
/// Who may see Orleans' dashboard. A browser that opens a page sends no key, so it gets a cookie in exchange for one: a random
/// number that means something only to this silo, and only for a while.
/// </summary>
internal sealed class DashboardSessions(ApiServerOptions server, TimeProvider time)
{
    /// <summary>The cookie's name.</summary>
    public const string Cookie = "lisa-orleans";

    /// <summary>How long a session lasts.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(8);

    private const int Most = 1000;
    private readonly ConcurrentDictionary<string, (ApiKey? Key, string Scope, long Since)> _sessions = new();

    /// <summary>Begins a session for a caller with a key; returns the cookie's value.</summary>
    public string Begin(string? key, string scope)
    {
        foreach (var (id, session) in _sessions)
            if (IsOver(session.Since)) _sessions.TryRemove(id, out _);
        while (_sessions.Count >= Most) _sessions.TryRemove(_sessions.MinBy(s => s.Value.Since).Key, out _);
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        _sessions[Hash(secret)] = (key is null ? null : server.Keys?.Named(key), scope, time.GetTimestamp());
        return secret;
    }

    /// <summary>The scope of a session's key, or null where there is no such session.</summary>
    public string? Find(string secret) =>
        _sessions.TryGetValue(Hash(secret), out var session) && !IsOver(session.Since) && Holds(session.Key) ? session.Scope : null;

    // A session ends with its key.
    private bool Holds(ApiKey? key) => server.Keys is not { } keys
        || (key is not null && keys.Named(key.Name) is { } now && now.Sha256.Span.SequenceEqual(key.Sha256.Span));

    private bool IsOver(long since) => time.GetElapsedTime(since) > Lifetime;

    // Sessions are looked up by hash, so that the time this takes tells nothing about the secret.
    private static string Hash(string secret) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
