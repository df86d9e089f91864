namespace LisaOrleans.Cli.Tests;

/// <summary>A store is used or refused, and secrets in it are neither shown nor made into a folder's name.</summary>
public sealed class StoreInputTests
{
    private const string Secret = "U0VDUkVU";

    public static TheoryData<string> Unusable =>
    [
        $"s3://key:{Secret}@bucket/run",
        $"gs://bucket/run?sig={Secret}",
        $"account.blob.core.windows.net/cont?sv=2024-01-01&sig={Secret}",
        $"https:/account.blob.core.windows.net/cont?sig={Secret}",

        // Nothing listens at the port of discard.
        $"http://127.0.0.1:9/devstoreaccount1/cont?sv=2024-01-01&sig={Secret}",
        $"DefaultEndpointsProtocol=http;AccountName=acct;AccountKey={Secret}{Secret};BlobEndpoint=http://127.0.0.1:9/acct",
        $"AccountName=acct;AccountKey={Secret}",
    ];

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task Train_store_that_cannot_be_used_is_refused_and_leaves_nothing(string store)
    {
        using var folder = new TempFolder();
        await Refuses(folder, Sample.Train(folder["out"], more: ["--store", store]));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Root));
    }

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task Export_and_silo_store_that_cannot_be_used_is_refused(string store)
    {
        using var folder = new TempFolder();
        await Refuses(folder, ["export", "run", "--output", folder["out"], "--store", store]);
        await Refuses(folder, ["silo", "--store", store]);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Root));
    }

    [Fact]
    public async Task Submit_store_of_another_cloud_is_refused_before_the_cluster_is_asked()
    {
        using var folder = new TempFolder();
        string[] submit = ["submit", "--model", Sample.Model, "--data", Sample.Data, "--redis", "127.0.0.1:9", "--store", $"s3://{Secret}/run"];
        await Refuses(folder, submit);
    }

    [Fact]
    public async Task Train_settings_file_with_another_clouds_store_is_refused()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["s.yaml"], $"store: gs://{Secret}/run\n");
        await LisaMain.RefusesAsync(Sample.Train(folder["out"], more: ["--config", folder["s.yaml"]]), "s.yaml: line 1: store", "'gs://…'");
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Theory]
    [InlineData("file")]
    [InlineData("file/store")]
    public async Task Train_store_that_is_a_file_is_refused(string store)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["file"], "text");
        await LisaMain.RefusesAsync(
            Sample.Train(folder["out"], more: ["--store", folder[store]]), "--store: ", $"{folder["file"]} is a file, not a folder");
        Assert.Equal("text", File.ReadAllText(folder["file"]));
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Fact]
    public async Task Train_refused_data_leaves_no_folders()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["data.jsonl"], "{\"text\": 1}\n");
        await LisaMain.RefusesAsync(Sample.Train(folder["a/b/out"], data: folder["data.jsonl"]), "data.jsonl");
        Directory.CreateDirectory(folder["was/there"]);
        await LisaMain.RefusesAsync(
            Sample.Train(folder["was/there"], data: folder["data.jsonl"], more: ["--store", folder["was/store"]]), "data.jsonl");
        Assert.Equal(
            [folder["data.jsonl"], folder["was"], folder["was/there"]],
            Directory.GetFileSystemEntries(folder.Root, "*", SearchOption.AllDirectories).Order());
    }

    private static async Task Refuses(TempFolder folder, string[] command)
    {
        var result = await LisaMain.RunAsync(command);
        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("lisa: --store: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFileSystemEntries(Environment.CurrentDirectory), e => e.Contains(Secret, StringComparison.Ordinal));
        Assert.False(Directory.Exists(folder["out"]));
    }
}
