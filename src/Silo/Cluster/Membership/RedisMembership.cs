using Microsoft.Extensions.Hosting;
using Orleans.Clustering.Redis;
using StackExchange.Redis;

namespace LisaOrleans.Silo;

/// <summary>A cluster's membership in Redis.</summary>
public sealed class RedisMembership : IMembershipStore
{
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
    public async Task<ClusterTraits> TryAsync(
        string clusterId, Func<IClusterMark, Task<ClusterTraits>> ask, CancellationToken cancellationToken)
    {
        var place = RedisRefusal.PlaceOf(_redis);
        try
        {
            var redis = await ConnectionMultiplexer.ConnectAsync(RedisRefusal.Once(_redis)).ConfigureAwait(false);
            await using var mark = new RedisMark(redis, clusterId);
            var database = redis.GetDatabase();
            await database.PingAsync().ConfigureAwait(false);
            await RedisRefusal.ReadMembersAsync(database, clusterId).ConfigureAwait(false);
            return await ask(mark).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            throw RedisRefusal.Of(e, place) is { } refusal
                ? new MembershipUnusableException(refusal)
                : new MembershipUnusableException($"{place} does not answer; is Redis running there, with TLS as configured?") { MayPass = true };
        }
    }
}
