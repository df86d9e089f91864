using System.Diagnostics;
using LisaOrleans.Checkpoints;
using StackExchange.Redis;

namespace LisaOrleans.Silo;

/// <summary>Whether a cluster's Redis answers.</summary>
public static class RedisConnection
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Connects, proves the password, and looks whether a cluster's membership may be read and its silos are of this version.</summary>
    /// <param name="text">Where Redis is.</param>
    /// <param name="clusterId">The cluster.</param>
    /// <exception cref="FormatException">The text is no Redis.</exception>
    /// <exception cref="RedisUnusableException">It does not answer, it refuses, or silos of another version are there. The
    /// message says which, without secrets.</exception>
    public static async Task CheckAsync(string text, string clusterId)
    {
        // One that was started in the same moment may not listen yet.
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                await CheckOnceAsync(text, clusterId).ConfigureAwait(false);
                return;
            }
            catch (RedisUnusableException e) when (e.MayPass && Stopwatch.GetElapsedTime(started) < s_patience)
            {
                await Task.Delay(s_pause).ConfigureAwait(false);
            }
        }
    }

    private static async Task CheckOnceAsync(string text, string clusterId)
    {
        var options = RedisConfiguration.Parse(text);
        (options.AbortOnConnectFail, options.ConnectRetry, options.ConnectTimeout) = (true, 1, (int)s_patience.TotalMilliseconds);
        var place = string.Join(',', options.EndPoints.Select(e => e.ToString()!.Replace("Unspecified/", "", StringComparison.Ordinal)));
        try
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync(options).ConfigureAwait(false);
            var database = redis.GetDatabase();
            await database.PingAsync().ConfigureAwait(false);
            await database.HashLengthAsync($"{clusterId}/members/{clusterId}").ConfigureAwait(false);
            await ClusterVersion.ClaimAsync(database, clusterId, ClusterVersion.Own).ConfigureAwait(false);
        }
        catch (RedisServerException e)
        {
            throw new RedisUnusableException($"{place} refuses: {SecretMask.Apply(e.Message)}");
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            var told = e.ToString();
            if (told.Contains("WRONGPASS", StringComparison.Ordinal)) throw new RedisUnusableException($"{place} rejects the user or password");
            if (told.Contains("NOAUTH", StringComparison.Ordinal))
                throw new RedisUnusableException($"{place} requires a password, and none was given");
            if (told.Contains("AuthenticationFailure", StringComparison.Ordinal))
                throw new RedisUnusableException($"{place} refuses the connection: user, password or TLS is wrong");
            throw new RedisUnusableException($"{place} does not answer; is Redis running there, with TLS as configured?") { MayPass = true };
        }
    }
}
