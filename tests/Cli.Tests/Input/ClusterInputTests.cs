namespace LisaOrleans.Cli.Tests;

/// <summary>Wrong names of a cluster, for the commands that connect to one and for the silo.</summary>
public sealed class ClusterInputTests
{
    public static TheoryData<string, string, string> Wrong => new()
    {
        { "--redis", "", "--redis" },
        { "--redis", "http://127.0.0.1:6379", "--redis: 'http://…' is not a Redis address" },
        { "--redis", "redis://s3cret@127.0.0.1", "--redis: what stands before the '@' must be USER:PASSWORD or :PASSWORD" },
        { "--redis", "127.0.0.1:6379,pasword=s3cret", "--redis: it must be HOST:PORT, a URL" },
        { "--redis", "s3cret@127.0.0.1:6379", "--redis: USER:PASSWORD@HOST:PORT needs redis:// or rediss:// before it" },
        { "--cluster-id", " ", "--cluster-id" },
        { "--azure-tables", "AccountKey=s3cret", "--azure-tables" },
        { "--azure-tables", "AccountName=a;AccountKey=s3cret", "--azure-tables: the account's key is no Base64" },
    };

    [Theory]
    [InlineData("status")]
    [InlineData("watch")]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("cancel")]
    public async Task Run_impossible_name_is_refused_before_a_cluster_is_looked_for(string command) =>
        await LisaMain.RefusesAsync([command, "../run", "--redis", "127.0.0.1:1"], "run name '../run'");

    // Secrets in files often end with one, and those in the environment come from such files.
    [Fact]
    public async Task Silo_line_break_after_a_secret_of_the_environment_is_none_of_it()
    {
        using var folder = new TempFolder();
        using var process = Lisa.Start(
            new Dictionary<string, string> { ["LISA_CLUSTER_SECRET"] = "fifteen letters\n" },
            ["silo", "--store", folder["store"], "--redis", "127.0.0.1:1"]);
        Lisa.AssertRefused(await process.EndAsync(TestContext.Current.CancellationToken), "the cluster secret must have at least 16 characters");
    }

    [Fact]
    public async Task Silo_secret_file_that_is_empty_is_refused()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["secret"], "\n", TestContext.Current.CancellationToken);
        await LisaMain.RefusesAsync(
            ["silo", "--store", folder["store"], "--redis", "127.0.0.1:1", "--cluster-secret-file", folder["secret"]],
            "--cluster-secret-file: ", "secret is empty");
    }

    [Theory]
    [InlineData("--max-runs", "1.5", "--max-runs is '1.5'; it must be a whole number")]
    [InlineData("--missed-probes", "0", "--missed-probes: '0' must be from 1 to 100")]
    public async Task Silo_number_that_cannot_be_is_refused_rather_than_cut(string option, string value, string says)
    {
        using var folder = new TempFolder();
        await LisaMain.RefusesAsync(["silo", "--store", folder["store"], "--redis", "127.0.0.1:1", option, value], says);
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Cluster_wrong_address_is_refused_in_the_words_of_the_command(string option, string value, string says)
    {
        using var folder = new TempFolder();
        foreach (var command in (string[][])[["status", "run"], ["list"], ["cancel", "run"], ["silo", "--store", folder["store"]]])
        {
            var result = await LisaMain.RunAsync([.. command, option, value]);
            Lisa.AssertRefused(result, says);
            Assert.DoesNotContain("s3cret", result.Error, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(folder["store"]));
    }
}
