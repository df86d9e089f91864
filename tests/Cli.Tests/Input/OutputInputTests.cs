namespace LisaOrleans.Cli.Tests;

/// <summary>Places where nothing can or may be written.</summary>
public sealed class OutputInputTests(TrainedRuns runs)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Train_output_that_is_a_file_is_refused_and_left_alone()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["file"], "mine", Token);
        await Lisa.RefusesAsync(Sample.Train(folder["file"]), "--output", folder["file"], "is a file");
        await Lisa.RefusesAsync(
            Sample.Train(folder["file/below"]), $"--output: {folder["file"]} is a file; a folder is needed for {folder["file/below"]}");
        Assert.Equal("mine", await File.ReadAllTextAsync(folder["file"], Token));
    }

    [Fact]
    public async Task Train_output_that_cannot_be_written_to_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a folder that not even root can write to");
        await Lisa.RefusesAsync(Sample.Train("/proc/lisa"), "--output", "/proc/lisa", "cannot be written to");
    }

    // None of these may become a folder, whose name would hold the key.
    [Theory]
    [InlineData("https://account.blob.core.windows.net/models?sv=1&sig=SECRET")]
    [InlineData("s3://SECRET/models")]
    [InlineData("AccountName=a;AccountKey=SECRET")]
    [InlineData("account.blob.core.windows.net/models?sv=1&sig=SECRET")]
    [InlineData("gs://SECRET/models")]
    public async Task Train_export_and_merge_output_that_is_an_address_is_refused_and_not_repeated(string address)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["store"]);
        foreach (var command in (string[][])
            [Sample.Train(address), ["export", "run", "--store", folder["store"], "--output", address],
            ["merge", "--model", Sample.Model, "--adapter", folder.Root, "--output", address]])
        {
            var result = await LisaMain.RunAsync(command);
            Lisa.AssertRefused(result, "--output: is an address; it must be a path on this machine");
            Assert.DoesNotContain("SECRET", result.Error, StringComparison.Ordinal);
        }

        await LisaMain.RefusesAsync(
            Sample.Train(folder["out"], address),
            "--model: is an address; it must be a path on this machine, or ORG/MODEL of the hub");
        await LisaMain.RefusesAsync(["train", "--model", Sample.Model, "--data", address, "--output", folder["out"]], "--data: is an address");
        Assert.Equal([folder["store"]], Directory.GetFileSystemEntries(folder.Root));
        Assert.Empty(Directory.GetDirectories(Environment.CurrentDirectory, "*:*"));
    }

    [Fact]
    public async Task Train_store_and_output_of_nothing_but_spaces_are_refused()
    {
        using var folder = new TempFolder();
        await Lisa.RefusesAsync(Sample.Train(folder["out"], more: ["--store", "  "]), "--store: must be a folder");
        await Lisa.RefusesAsync(Sample.Train("  "), "--output is '  '; it must be a path");
        Assert.Empty(Directory.GetFileSystemEntries(folder.Root));
    }

    [Fact]
    public async Task Merge_and_new_key_that_are_refused_leave_nothing()
    {
        using var folder = new TempFolder();
        await Lisa.RefusesAsync(
            ["merge", "--model", Sample.Model, "--adapter", Sample.Model, "--output", folder["deep/out"]], "has no adapter_config.json");
        await Lisa.RefusesAsync(["keys", "new", "a", "--api-keys", folder.Root], "--api-keys: must be a file, not a folder");
        await Lisa.RefusesAsync(["keys", "new", "a", "--api-keys", folder["no/keys"]], "--api-keys: no such folder");
        Assert.Empty(Directory.GetFileSystemEntries(folder.Root));
    }

    [Fact]
    public async Task New_key_is_added_to_a_file_of_which_all_keys_were_revoked()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["keys"], "# nobody", Token);
        var line = (await Lisa.SucceedsAsync("keys", "new", "a", "--api-keys", folder["keys"])).Output.Split('\n')[1];
        Assert.Equal(["# nobody", line], await File.ReadAllLinesAsync(folder["keys"], Token));
    }

    [Fact]
    public async Task Train_home_in_a_settings_file_is_the_users()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the home of Windows has another variable");
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["s.yaml"], "output: ~/out\nstore: ~/store\nmax_steps: 1\n", Token);
        using var process = Lisa.Start(
            new Dictionary<string, string> { ["HOME"] = folder["home"] },
            ["train", "--config", folder["s.yaml"], "--model", Sample.Model, "--data", Sample.Data]);
        var result = await process.EndAsync(Token);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal([folder["home"], folder["s.yaml"]], Directory.GetFileSystemEntries(folder.Root).Order());
        Assert.True(File.Exists(folder["home/out/config.json"]) && Directory.Exists(folder["home/store/runs"]));
    }

    [Fact]
    public async Task Train_store_that_is_a_file_is_refused_and_left_alone()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["file"], "mine", Token);
        await Lisa.RefusesAsync(Sample.Train(folder["out"], more: ["--store", folder["file"]]), "--store", folder["file"]);
        Assert.Equal("mine", await File.ReadAllTextAsync(folder["file"], Token));
        Sample.HasNoFiles(folder["out"]);
    }

    [Fact]
    public async Task Train_output_to_the_models_own_folder_is_refused()
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder);
        var before = Directory.GetFiles(model, "*", SearchOption.AllDirectories);
        await Lisa.RefusesAsync(Sample.Train(model + "/", model), "--output", "own folder");
        Directory.CreateSymbolicLink(folder["link"], model);
        await Lisa.RefusesAsync(Sample.Train(folder["link"], model), "--output", "own folder");
        Assert.Equal(before, Directory.GetFiles(model, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Train_output_to_the_folder_of_the_adapter_that_it_begins_with_is_refused()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["adapter"]);
        const string Config = """{"peft_type":"LORA","r":2,"target_modules":["q_proj"]}""";
        await File.WriteAllTextAsync(folder["adapter/adapter_config.json"], Config, Token);
        string[] command =
        [
            "train", "--model", Sample.Model, "--data", Sample.Data, "--method", "lora", "--adapter", folder["adapter"], "--output", folder["adapter"],
        ];
        foreach (var more in (string[][])[[], ["--resume", "default"]])
            await Lisa.RefusesAsync([.. command, .. more], "--output", "the adapter's own folder");
        Assert.Single(Directory.GetFileSystemEntries(folder["adapter"]));
    }

    [Fact]
    public async Task Train_and_export_damaged_store_is_refused()
    {
        using var folder = new TempFolder();
        TrainedRuns.Copy(await runs.ShortAsync(), folder["out"]);
        var head = folder["out/lisa-store/runs/default/head.json"];
        await File.WriteAllTextAsync(head, "{\"run\":", Token);
        await Lisa.RefusesAsync(Sample.Train(folder["out"], more: ["--max-steps", "1"]), "runs/default/head.json");
        await Lisa.RefusesAsync(["export", "default", "--store", folder["out/lisa-store"], "--output", folder["again"]], "runs/default/head.json");
        Sample.HasNoFiles(folder["again"]);
    }
}
