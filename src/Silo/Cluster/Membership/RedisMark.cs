using StackExchange.Redis;

namespace LisaOrleans.Silo;

/// <summary>A cluster's mark as a Redis key that expires.</summary>
/// <param name="redis">The connection; owned.</param>
/// <param name="clusterId">The cluster.</param>
internal sealed class RedisMark(ConnectionMultiplexer redis, string clusterId) : IClusterMark
{
    private readonly RedisKey _key = $"{clusterId}/lisa/version";

    private IDatabase Database => redis.GetDatabase();

    public async Task<string> ClaimAsync(string mark) =>
        await Database.StringSetAsync(_key, mark, IClusterMark.Lifetime, When.NotExists).ConfigureAwait(false)
            ? mark
            : (string?)await Database.StringGetAsync(_key).ConfigureAwait(false) ?? mark;

    public Task RenewAsync(string mark) => Database.StringSetAsync(_key, mark, IClusterMark.Lifetime);

    public ValueTask DisposeAsync() => redis.DisposeAsync();
}
