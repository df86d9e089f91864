using StackExchange.Redis;

namespace LisaOrleans.Silo;

/// <summary>A cluster's mark as a Redis key that expires.</summary>
/// <param name="redis">The connection; owned.</param>
/// <param name="clusterId">The cluster.</param>
internal sealed class RedisMark(ConnectionMultiplexer redis, string clusterId) : IClusterMark
{
    private readonly RedisKey _key = $"{clusterId}/lisa/version";
    private readonly RedisKey _probe = $"{clusterId}/lisa/probe";

    private IDatabase Database => redis.GetDatabase();

    public async Task<string?> ReadAsync() => await Database.StringGetAsync(_key).ConfigureAwait(false);

    public Task ProbeAsync() => Database.StringSetAsync(_probe, "", TimeSpan.FromSeconds(1));

    public async Task<string> ClaimAsync(string mark, string instead) =>
        await Database.StringSetAsync(_key, mark, IClusterMark.Lifetime, When.NotExists).ConfigureAwait(false)
            || await ReplaceAsync(instead, mark).ConfigureAwait(false)
            ? mark
            : (string?)await Database.StringGetAsync(_key).ConfigureAwait(false) ?? mark;

    public Task RenewAsync(string mark) => Database.StringSetAsync(_key, mark, IClusterMark.Lifetime);

    public ValueTask DisposeAsync() => redis.DisposeAsync();

    private Task<bool> ReplaceAsync(string before, string mark)
    {
        // A single command for this needs Redis 8.4.
#pragma warning disable SER301
        var transaction = Database.CreateTransaction();
        transaction.AddCondition(Condition.StringEqual(_key, before));
        _ = transaction.StringSetAsync(_key, mark, IClusterMark.Lifetime);
        return transaction.ExecuteAsync();
#pragma warning restore SER301
    }
}
