using LisaOrleans.Checkpoints;
using StackExchange.Redis;

namespace LisaOrleans;

/// <summary>
/// What a Redis has against whoever wants to use it. Its library says that late, in stack traces, and goes on trying. Silo and client each
/// compile this file.
/// </summary>
internal static class RedisRefusal
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    // How the errors of a Redis begin that will be another one soon: it starts, or another node takes over.
    private static readonly string[] s_passing = ["LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "READONLY"];

    /// <summary>Its addresses, for messages.</summary>
    public static string PlaceOf(ConfigurationOptions options)
    {
        // A host that was written without its port has port 0 until then.
        var whole = options.Clone();
        whole.SetDefaultPorts();
        return string.Join(',', whole.EndPoints.Select(e => e.ToString()!.Replace("Unspecified/", "", StringComparison.Ordinal)));
    }

    /// <summary>Options for one try, which fails with the reason.</summary>
    public static ConfigurationOptions Once(ConfigurationOptions options)
    {
        var once = options.Clone();
        (once.AbortOnConnectFail, once.ConnectRetry, once.ConnectTimeout) = (true, 1, (int)s_patience.TotalMilliseconds);
        return once;
    }

    /// <summary>Which members of a cluster there are: what a silo and a client both read.</summary>
    public static Task ReadMembersAsync(IDatabase database, string clusterId) => database.HashLengthAsync($"{clusterId}/members/{clusterId}");

    /// <summary>Tries it once; the refusal, or null where it does not refuse, or cannot be reached now.</summary>
    public static async Task<string?> FindAsync(ConfigurationOptions options, string clusterId)
    {
        try
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync(Once(options)).ConfigureAwait(false);
            await ReadMembersAsync(redis.GetDatabase(), clusterId).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return Of(e, PlaceOf(options));
        }
    }

    /// <summary>The refusal that a failure stands for; null for one that may pass.</summary>
    /// <param name="failure">A failure of the library.</param>
    /// <param name="place">The address.</param>
    public static string? Of(Exception failure, string place)
    {
        if (failure is RedisServerException)
        {
            return s_passing.Any(p => failure.Message.StartsWith(p, StringComparison.Ordinal))
                ? null
                : $"{place} refuses: {SecretMask.Apply(failure.Message)}";
        }

        var told = failure.ToString();
        if (told.Contains("WRONGPASS", StringComparison.Ordinal)) return $"{place} rejects the user or password";
        if (told.Contains("NOAUTH", StringComparison.Ordinal)) return $"{place} requires a password, and none was given";
        if (told.Contains("NOPERM", StringComparison.Ordinal))
            return $"{place} refuses: NOPERM, this user may not run all commands that are needed; +@all on the cluster's keys is enough";
        return told.Contains("AuthenticationFailure", StringComparison.Ordinal)
            ? $"{place} refuses the connection: user, password or TLS is wrong"
            : null;
    }
}
