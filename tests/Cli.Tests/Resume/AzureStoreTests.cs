using Azure.Storage.Blobs;
using Azure.Storage.Sas;

namespace LisaOrleans.Cli.Tests;

/// <summary><c>lisa train</c> on a store in the cloud: losing the machine's disk does not lose the run.</summary>
public sealed class AzureStoreTests(TrainedRuns runs)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Train_killed_goes_on_from_a_container_on_another_disk()
    {
        await using var azurite = await Azurite.StartAsync();
        using var folder = new TempFolder();
        var (address, signature) = await Signed(azurite, "runs");
        string[] more = ["--max-steps", $"{TrainedRuns.Steps}", "--save-steps", "3", "--log-format", "plain"];
        var whole = RunFolder.WeightsSha(await runs.WholeAsync());

        using (var first = Lisa.Start(Sample.Train(folder["first"], more: [.. more, "--store", address])))
        {
            Assert.True(await first.WaitForLineAsync(l => l.StartsWith("manifest of step 3 ", StringComparison.Ordinal), Token));
            await first.KillAsync(Token);
        }

        Assert.Empty(Directory.GetDirectories(folder["first"], "lisa-store"));
        var second = await Lisa.SucceedsAsync(Sample.Train(folder["second"], more: [.. more, "--store", address]));
        Assert.Contains("resuming run 'default' from step ", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(signature, second.Output + second.Error, StringComparison.Ordinal);
        Assert.Equal(whole, RunFolder.WeightsSha(folder["second"]));

        // The connection string of the same account is another store: its container has a name of its own.
        await Lisa.RefusesAsync(["export", "default", "--output", folder["x"], "--store", azurite.ConnectionString], "no run 'default'");
        await Lisa.SucceedsAsync("export", "default", "--output", folder["exported"], "--store", address);
        Assert.Equal(whole, RunFolder.WeightsSha(folder["exported"]));
        await Lisa.SucceedsAsync("store", "copy", "default", "--store", address, "--to", azurite.ConnectionString);
        await Lisa.SucceedsAsync("export", "default", "--output", folder["x"], "--store", azurite.ConnectionString);
    }

    private static async Task<(string Address, string Signature)> Signed(Azurite azurite, string name)
    {
        var options = new BlobClientOptions(BlobClientOptions.ServiceVersion.V2024_11_04);
        var container = new BlobContainerClient(azurite.ConnectionString, name, options);
        await container.CreateAsync(cancellationToken: Token);
        var address = container.GenerateSasUri(BlobContainerSasPermissions.All, DateTimeOffset.UtcNow.AddHours(1));
        return (address.AbsoluteUri, System.Web.HttpUtility.ParseQueryString(address.Query)["sig"]!);
    }
}
