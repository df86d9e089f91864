using LisaOrleans.Client;
using StackExchange.Redis;

namespace LisaOrleans.Cluster.Tests;

/// <summary>Operators' mistakes, and mishaps that are not theirs, neither end a run nor take it away.</summary>
public sealed class OperatorMistakesTests
{
    private const string Run = "careful";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_second_owners_second_silos_and_an_emptied_redis_leave_it_where_it_is()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        await using var cluster = await TestCluster.StartAsync(
            folder.Root, new ClusterSettings(Silos: 2, Azurite: false, Options: ["--probe-timeout-seconds", "10", "--memory-gb", "0.5"]));
        string[] redis = ["--cluster-id", TestCluster.Id, "--redis", $"redis://127.0.0.1:{cluster.Redis.Port}/0"];
        await cluster.Client.SubmitAsync(UndisturbedRun.Request(Run), null, Token);
        var before = await Trains(cluster, s => s.Stages.Count == 2 && s.Step > 0);

        // A cluster that starts as it should logs no warning.
        Assert.Empty(cluster.Warnings());

        // A process that tries to train the cluster's run itself.
        var (code, output) = await TestCluster.LisaAsync(
            folder.Root,
            ["train", "--store", cluster.Store, "--run-name", Run, "--output", folder["out"], .. TrainingArguments.Sample(steps: 100_000)]);
        Assert.True(code == 2, output);
        Assert.Contains($"run '{Run}' is being trained by cluster '{TestCluster.Id}'", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["out"]));

        // A silo on each port of another silo in turn.
        var taken = cluster.Silos[0].Address.Split(':')[1];
        foreach (var option in (string[])["--silo-port", "--gateway-port", "--http-port", "--tensor-port"])
        {
            (code, output) = await TestCluster.LisaAsync(folder.Root, ["silo", .. redis, "--store", cluster.Store, option, taken]);
            Assert.True(code == 2, output);
            Assert.Contains($"{option}: port {taken} is in use", output, StringComparison.Ordinal);
            Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }

        // A store that is not the cluster's.
        (code, output) = await TestCluster.LisaAsync(
            folder.Root, ["submit", .. redis, "--store", folder["elsewhere"], "--run-name", "other", .. TrainingArguments.Sample(steps: 1)]);
        Assert.True(code == 2, output);
        Assert.Contains(
            $"{folder["elsewhere"]} is not the store of cluster '{TestCluster.Id}'; its silos use {cluster.Store}",
            output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["elsewhere"]));
        (code, output) = await TestCluster.LisaAsync(folder.Root, ["silo", .. redis, "--store", folder["elsewhere"]]);
        Assert.True(code == 2, output);
        Assert.Equal(
            $"lisa: --store: {folder["elsewhere"]} is not the store of cluster '{TestCluster.Id}'; its silos use {cluster.Store}; "
            + "name that one, or end those first (half a minute after the last one this is forgotten)", output.Trim());
        (code, output) = await TestCluster.LisaAsync(folder.Root, ["doctor", .. redis, "--store", folder["elsewhere"]]);
        Assert.True(code == 1, output);
        Assert.Matches("(?m)^fault +cluster .* is not the store of cluster ", output);
        Assert.False(Directory.Exists(folder["elsewhere"]));

        // An adapter that is larger than the cluster; one of the default size is not. Its weights are not looked at before.
        Directory.CreateDirectory(folder["adapter"]);
        await File.WriteAllTextAsync(
            folder["adapter/adapter_config.json"], """{"peft_type":"LORA","r":65536,"target_modules":["q_proj","down_proj"]}""", Token);
        (code, output) = await TestCluster.LisaAsync(
            folder.Root,
            [
                "submit", .. redis, "--store", cluster.Store, "--run-name", "large", "--adapter", folder["adapter"],
                .. TrainingArguments.Sample(steps: 1, method: ["--method", "lora"]),
            ]);
        Assert.True(code == 2, output);
        Assert.Contains("--model: the run needs ", output, StringComparison.Ordinal);
        (code, output) = await TestCluster.LisaAsync(folder.Root, ["status", Run, .. redis, "--store", cluster.Store]);
        Assert.True(code == 0, output);

        await DoctorTellsHowRedisIsSet(cluster, folder, redis);
        await RefusesOtherVersionsAndPasswords(cluster, folder);
        Assert.Equal(before.Generation, (await cluster.Client.GetAsync(Run, Token)).Generation);
        Assert.All(cluster.Silos, s => Assert.True(s.Running));

        // Redis comes back empty. A client that looks for the cluster finds it again, and a silo that starts joins it.
        await cluster.Redis.LoseAsync();
        await cluster.Redis.StartAsync();
        var third = cluster.Add();
        third.Start();
        await third.ReadyAsync(s_patience);
        await Until.True(async () => (await Fresh(cluster, c => c.GetSilosAsync(Token)))?.Count == 3, pause: 200);
        var after = await Trains(cluster, s => s.Stages.Count == 3 && s.Step > before.Step);
        Assert.True(after.Recoveries == 0, cluster.Logs());
        Assert.InRange(after.Generation, before.Generation, before.Generation + 3);

        // Again, but no silo starts.
        await cluster.Redis.LoseAsync();
        await cluster.Redis.StartAsync();
        await Until.True(async () => (await Fresh(cluster, c => c.GetSilosAsync(Token)))?.Count == 3, pause: 200);
        after = await Trains(cluster, s => s.Step > after.Step);
        Assert.True(after.Recoveries == 0, cluster.Logs());
    }

    private static async Task DoctorTellsHowRedisIsSet(TestCluster cluster, TempFolder folder, string[] options)
    {
        var place = $"127.0.0.1:{cluster.Redis.Port}";
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{place},allowAdmin=true");
        var server = redis.GetServer(place);
        await Says("ok", $"{server.Version}\",\"remedy\":null");

        // Who asks does not join.
        var (exit, said) = await TestCluster.LisaAsync(
            folder.Root, ["doctor", "--cluster-id", "asked", "--redis", place, "--store", cluster.Store]);
        Assert.True(exit == 0, said);
        Assert.False(await redis.GetDatabase().KeyExistsAsync("asked/lisa/version"));
        await server.ConfigSetAsync("appendonly", "no");
        await Says("warning", "forgets everything at its end");
        await server.ConfigSetAsync("maxmemory-policy", "allkeys-lru");
        await Says("warning", "throws entries away when it is full (maxmemory-policy allkeys-lru)");
        await server.ConfigSetAsync("maxmemory-policy", "noeviction");
        await server.ConfigSetAsync("appendonly", "yes");

        async Task Says(string verdict, string what)
        {
            var (code, output) = await TestCluster.LisaAsync(folder.Root, ["doctor", .. options, "--store", cluster.Store, "--log-format", "json"]);
            Assert.True(code == 0, output);
            var line = output.Split('\n').Single(l => l.StartsWith("{\"subject\":\"redis\"", StringComparison.Ordinal));
            Assert.Contains($"\"verdict\":\"{verdict}\",\"finding\":\"{place}, version ", line, StringComparison.Ordinal);
            Assert.Contains(what, line, StringComparison.Ordinal);
        }
    }

    private static async Task RefusesOtherVersionsAndPasswords(TestCluster cluster, TempFolder folder)
    {
        var place = $"127.0.0.1:{cluster.Redis.Port}";
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{place},allowAdmin=true");
        var database = redis.GetDatabase();
        await database.StringSetAsync("other/lisa/version", "9.9.9");
        await database.HashSetAsync(Members("other"), await database.HashGetAllAsync(Members(TestCluster.Id)));
        await Refuses(["--cluster-id", "other", "--redis", place], "the silos of cluster 'other' are of version 9.9.9, and this one is of ");

        var server = redis.GetServer(place);
        await server.ConfigSetAsync("requirepass", "s3cret");
        await Refuses(["--cluster-id", "third", "--redis", place], "password");
        await Refuses(["--cluster-id", "third", "--redis", $"redis://:wr0ng@{place}"], "password");
        await server.ConfigSetAsync("requirepass", "");

        static string Members(string cluster) => $"{cluster}/members/{cluster}";

        async Task Refuses(string[] options, string says)
        {
            var (code, output) = await TestCluster.LisaAsync(folder.Root, ["silo", .. options, "--store", folder["unused"]]);
            Assert.True(code == 2, output);
            Assert.StartsWith("lisa: --redis: ", Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
            Assert.Contains(says, output, StringComparison.Ordinal);
            Assert.DoesNotContain("wr0ng", output, StringComparison.Ordinal);
            Assert.False(Directory.Exists(folder["unused"]));
        }
    }

    private static async Task<RunStatus> Trains(TestCluster cluster, Func<RunStatus, bool> until)
    {
        RunStatus? status = null;
        await Until.True(
            async () => (status = await Fresh(cluster, c => c.GetAsync(Run, Token))) is { State: RunState.Running } && until(status),
            pause: 200).WaitAsync(s_patience, Token);
        return status!;
    }

    // Asks through a client that knows nothing of the cluster but its Redis.
    private static async Task<T?> Fresh<T>(TestCluster cluster, Func<LisaClient, Task<T>> ask)
        where T : class
    {
        try
        {
            var options = cluster.ClientOptions;
            (options.ConnectTimeout, options.RetryTimeout) = (TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));
            await using var client = await LisaClient.ConnectAsync(options, Token);
            return await ask(client);
        }
        catch (ClusterUnavailableException)
        {
            return null;
        }
    }
}
