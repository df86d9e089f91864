using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Hosting;
using Orleans.Clustering.Redis;
using StackExchange.Redis;

namespace LisaOrleans.Silo;

/// <summary>A cluster's membership in Redis.</summary>
public sealed class RedisMembership : IMembershipStore
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly ConfigurationOptions _redis;

    /// <summary>Names a Redis without connecting yet.</summary>
    /// <param name="text">HOST:PORT, a URL, or a StackExchange.Redis configuration string.</param>
    /// <exception cref="FormatException">The text names no Redis. The message holds no secret.</exception>
    public RedisMembership(string text) => _redis = RedisConfiguration.Parse(text);

    /// <inheritdoc/>
    public string Name => "Redis";

    /// <inheritdoc/>
    public void AddTo(ISiloBuilder silo) =>
        silo.UseRedisClustering(o => o.ConfigurationOptions = _redis).UseRedisReminderService(o => o.ConfigurationOptions = _redis);

    /// <inheritdoc/>
    public void AddTo(IClientBuilder client) => client.UseRedisClustering(o => o.ConfigurationOptions = _redis);

    /// <inheritdoc/>
    public bool IsForgotten(Exception failure) => failure is RedisClusteringException;

    /// <inheritdoc/>
    public async Task<IClusterMark> OpenMarkAsync(string clusterId, CancellationToken cancellationToken) => new RedisMark(
        await ConnectionMultiplexer.ConnectAsync(_redis.Clone()).WaitAsync(cancellationToken).ConfigureAwait(false), clusterId);

    /// <inheritdoc/>
    public async Task TryAsync(string clusterId, ClusterTraits traits, CancellationToken cancellationToken)
    {
        var options = _redis.Clone();
        (options.AbortOnConnectFail, options.ConnectRetry, options.ConnectTimeout) = (true, 1, (int)s_patience.TotalMilliseconds);
        var place = string.Join(',', options.EndPoints.Select(e => e.ToString()!.Replace("Unspecified/", "", StringComparison.Ordinal)));
        try
        {
            var redis = await ConnectionMultiplexer.ConnectAsync(options).ConfigureAwait(false);
            await using var mark = new RedisMark(redis, clusterId);
            var database = redis.GetDatabase();
            await database.PingAsync().ConfigureAwait(false);
            await database.HashLengthAsync($"{clusterId}/members/{clusterId}").ConfigureAwait(false);
            await traits.ClaimAsync(mark, clusterId).ConfigureAwait(false);
        }
        catch (RedisServerException e)
        {
            throw new MembershipUnusableException($"{place} refuses: {SecretMask.Apply(e.Message)}");
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            var told = e.ToString();
            if (told.Contains("WRONGPASS", StringComparison.Ordinal)) throw new MembershipUnusableException($"{place} rejects the user or password");
            if (told.Contains("NOAUTH", StringComparison.Ordinal))
                throw new MembershipUnusableException($"{place} requires a password, and none was given");
            if (told.Contains("AuthenticationFailure", StringComparison.Ordinal))
                throw new MembershipUnusableException($"{place} refuses the connection: user, password or TLS is wrong");
            throw new MembershipUnusableException($"{place} does not answer; is Redis running there, with TLS as configured?") { MayPass = true };
        }
    }
}
