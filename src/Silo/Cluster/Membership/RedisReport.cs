using StackExchange.Redis;

namespace LisaOrleans.Silo;

/// <summary>What a Redis is and how it is configured.</summary>
/// <param name="Place">Its addresses.</param>
/// <param name="Version">Its version.</param>
/// <param name="Policy">What it does when its memory is full (<c>maxmemory-policy</c>); null if it does not say.</param>
/// <param name="Persists">Whether it writes to a disk; true if it does not say.</param>
public sealed record RedisReport(string Place, string Version, string? Policy, bool Persists)
{
    /// <value>Whether this Redis may throw the cluster's entries away.</value>
    public bool Evicts => Policy is not (null or "noeviction");

    /// <summary>Asks a Redis.</summary>
    /// <param name="text">Where Redis is.</param>
    /// <param name="clusterId">The cluster that is to use it.</param>
    /// <param name="traits">The traits that a silo of it would have.</param>
    /// <param name="cancellationToken">Gives up earlier.</param>
    /// <exception cref="FormatException">The text names no Redis.</exception>
    /// <exception cref="MembershipUnusableException">Redis does not answer, or it refuses.</exception>
    public static async Task<RedisReport> MakeAsync(string text, string clusterId, ClusterTraits traits, CancellationToken cancellationToken)
    {
        await MembershipCheck.LookAsync(new RedisMembership(text), clusterId, traits, cancellationToken).ConfigureAwait(false);
        var options = RedisConfiguration.Parse(text);

        // Without this, the library refuses INFO and CONFIG.
        options.AllowAdmin = true;
        await using var redis = await ConnectionMultiplexer.ConnectAsync(options).ConfigureAwait(false);
        var server = redis.GetServers().First(s => s.IsConnected);
        var info = await AskAsync(() => server.InfoAsync()).ConfigureAwait(false);
        string? Value(string key) => info?.SelectMany(g => g).FirstOrDefault(p => p.Key == key).Value;
        return new RedisReport(
            server.EndPoint.ToString()!.Replace("Unspecified/", "", StringComparison.Ordinal), server.Version.ToString(), Value("maxmemory_policy"),
            await PersistsAsync(server, Value("aof_enabled")).ConfigureAwait(false));
    }

    private static async Task<bool> PersistsAsync(IServer server, string? appendOnly)
    {
        if (appendOnly is not "0") return true;

        // Cloud services do not tell; they have an option of their own for persistence.
        var save = await AskAsync(() => server.ConfigGetAsync("save")).ConfigureAwait(false);
        return save is null || save.Any(p => p.Value.Length > 0);
    }

    private static async Task<T?> AskAsync<T>(Func<Task<T>> ask)
        where T : class
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (Exception e) when (e is RedisServerException or RedisCommandException)
        {
            // This user may not ask, or this service does not answer.
            return null;
        }
    }
}
