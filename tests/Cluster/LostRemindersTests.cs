using StackExchange.Redis;

namespace LisaOrleans.Cluster.Tests;

/// <summary>A run whose reminder was lost with Redis' data has one again, and is woken by it when its silo dies later.</summary>
public sealed class LostRemindersTests
{
    private const string Run = "reminded";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_registers_its_reminder_again_after_redis_lost_it()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        await using var cluster = await TestCluster.StartAsync(folder.Root, new ClusterSettings(Silos: 2, Azurite: false));
        await cluster.Client.SubmitAsync(SampleRun.Request(Run, steps: 100_000), null, Token);
        await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 2 && s.Step > 0);
        Assert.True(await HasRemindersAsync(cluster));

        await cluster.Redis.LoseAsync();
        await cluster.Redis.StartAsync();
        await Until.True(() => HasRemindersAsync(cluster), pause: 100).WaitAsync(s_patience, Token);
        await Until.True(
            () => Task.FromResult(cluster.Logs(1000).Contains("had been lost, and is registered again", StringComparison.Ordinal)), pause: 100)
            .WaitAsync(s_patience, Token);

        // The silo that is left goes on with it.
        var before = await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 2);
        await (await cluster.SiloOfRunAsync(Run)).KillAsync();
        await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 1 && s.Generation > before.Generation && s.Step > before.Step);
        Assert.Contains("waking the runs that were led from there", cluster.Logs(1000), StringComparison.Ordinal);

        // One that has ended is forgotten.
        await cluster.Client.PauseAsync(Run, Token);
        await Until.True(async () => !await HasRemindersAsync(cluster), pause: 100).WaitAsync(s_patience, Token);
    }

    private static async Task<bool> HasRemindersAsync(TestCluster cluster)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{cluster.Redis.Port}");
        return await redis.GetDatabase().KeyExistsAsync($"{TestCluster.Id}/reminders");
    }
}
