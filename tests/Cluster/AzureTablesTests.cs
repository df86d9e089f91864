using Azure.Data.Tables;
using Azure.Data.Tables.Sas;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cluster.Tests;

/// <summary>A cluster without Redis: its membership and reminders are in tables of Azure Storage.</summary>
public sealed class AzureTablesTests(UndisturbedRun undisturbed)
{
    private const string Run = "tables";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cluster_on_tables_survives_its_owners_death_and_emptied_tables_with_equal_bits()
    {
        Assert.SkipWhen(AzuriteServer.Program is null, "Azurite not found: run eng/test-services.sh");
        using var folder = new TempFolder();
        await using var cluster = await TestCluster.StartAsync(folder.Root, new ClusterSettings(Silos: 2, Azurite: false, AzureTables: true));
        Assert.Empty(cluster.Warnings());
        await cluster.Client.SubmitAsync(UndisturbedRun.Request(Run), null, Token);
        var status = await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 2 && s.Step > 5);

        // A reminder in the tables wakes the run on the other silo.
        var owner = await cluster.SiloOfRunAsync(Run);
        await owner.KillAsync();
        status = await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 1 && s.Step > status.Step);
        owner.Start();
        await owner.ReadyAsync(s_patience);
        status = await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 2 && s.Step > status.Step);

        // The tables lose everything: silos write themselves anew, and one that starts joins them.
        await ForgetAsync(cluster);
        var third = cluster.Add();
        third.Start();
        await third.ReadyAsync(s_patience);
        await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 3 && s.Step > status.Step);

        var (code, output) = await TestCluster.LisaAsync(folder.Root, ["pause", Run, .. cluster.Connection]);
        Assert.True(code == 0, output);
        await undisturbed.AssertEqualWhenPausedAsync(cluster, Run);
        await RefusesWhatIsWrong(cluster, folder);
    }

    private static async Task RefusesWhatIsWrong(TestCluster cluster, TempFolder folder)
    {
        var tables = cluster.Tables;
        await Says(
            0, "\"subject\":\"tables\",\"verdict\":\"ok\"",
            ["doctor", "--cluster-id", "asked", "--azure-tables", tables, "--log-format", "json"]);
        var marks = new TableClient(tables, "LisaClusters");
        Assert.Empty(await marks.QueryAsync<TableEntity>(m => m.PartitionKey == "asked", cancellationToken: Token).ToArrayAsync(Token));
        await Says(
            1, "denies access (403", ["doctor", "--azure-tables", cluster.SignedTables(TableAccountSasPermissions.Read), "--log-format", "json"]);
        await Says(
            0, "\"subject\":\"cluster\",\"verdict\":\"ok\"",
            ["doctor", .. cluster.Connection, "--store", cluster.Store, "--log-format", "json"]);
        await Says(2, "--azure-tables: a cluster has either Redis or Azure tables", ["list", .. cluster.Connection, "--redis", "localhost:1"]);
        await Says(2, "cannot be a key in Azure tables", ["silo", "--cluster-id", "a/b", "--azure-tables", tables, "--store", folder["unused"]]);
        var wrong = tables.Replace(AzuriteServer.Key, Convert.ToBase64String(new byte[64]), StringComparison.Ordinal);
        await Says(2, "denies access (403", ["silo", "--cluster-id", TestCluster.Id, "--azure-tables", wrong, "--store", folder["unused"]]);
        await Says(1, "denies access (403", ["doctor", "--azure-tables", wrong]);

        await marks.AddEntityAsync(new TableEntity("other", "version") { ["Mark"] = "9.9.9" }, Token);
        var members = new TableClient(tables, "OrleansSiloInstances");
        await foreach (var member in members.QueryAsync<TableEntity>(m => m.PartitionKey == TestCluster.Id, cancellationToken: Token))
        {
            (member.PartitionKey, member["DeploymentId"]) = ("other", "other");
            await members.AddEntityAsync(member, Token);
        }

        await Says(
            2, "the silos of cluster 'other' are of version 9.9.9, and this one is of ",
            ["silo", "--cluster-id", "other", "--azure-tables", tables, "--store", folder["unused"]]);
        Assert.False(Directory.Exists(folder["unused"]));

        // A store of other clusters.
        await StoreFormat.EnsureAsync(new FolderBlobStore(folder["other"]), Token);
        await Says(
            2, $"--store: {folder["other"]} is not the store of cluster '{TestCluster.Id}'; its silos use {cluster.Store}",
            ["silo", .. cluster.Connection, "--store", folder["other"]]);

        async Task Says(int exit, string what, string[] arguments)
        {
            var (code, output) = await TestCluster.LisaAsync(folder.Root, arguments);
            Assert.True(code == exit, output);
            Assert.Contains(what, output, StringComparison.Ordinal);
            Assert.DoesNotContain(AzuriteServer.Key, output, StringComparison.Ordinal);
            Assert.DoesNotContain("sig=", output.Replace("sig=***", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }

    private static async Task ForgetAsync(TestCluster cluster)
    {
        foreach (var name in (string[])["OrleansSiloInstances", "OrleansReminders", "LisaClusters"])
        {
            var table = new TableClient(cluster.Tables, name);
            await foreach (var entity in table.QueryAsync<TableEntity>(cancellationToken: Token))
                await table.DeleteEntityAsync(entity, cancellationToken: Token);
        }
    }
}
