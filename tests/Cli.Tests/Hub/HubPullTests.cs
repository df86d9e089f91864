namespace LisaOrleans.Cli.Tests;

/// <summary><c>lisa pull</c> and <c>--model ORG/MODEL</c> against a server that speaks the hub's protocol.</summary>
public sealed class HubPullTests : IDisposable
{
    private const string Weights = "model.safetensors";
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Cache => _folder["home/hub/models--some-org--tiny-stories"];

    private string Snapshot => Path.Combine(Cache, "snapshots", HubServer.Commit);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pull_makes_the_caches_layout_and_gives_the_token_to_the_hub_only()
    {
        await using var hub = await HubServer.StartAsync(Sample.Model);
        hub.Files["pytorch_model.bin"] = [1];
        hub.Files["README.md"] = [2];
        var result = await SucceedsAsync(hub, "pull", HubServer.Model);
        Assert.Equal(Snapshot, result.Output.Trim());
        Assert.Equal(HubServer.Commit, File.ReadAllText(Path.Combine(Cache, "refs", "main")));
        foreach (var file in Directory.GetFiles(Sample.Model))
        {
            var name = Path.GetFileName(file);
            var hash = HubServer.Hash(name, hub.Files[name]);
            Assert.Equal(hub.Files[name], File.ReadAllBytes(Path.Combine(Snapshot, name)));
            Assert.Equal($"../../blobs/{hash}", new FileInfo(Path.Combine(Snapshot, name)).LinkTarget);
            Assert.Equal(hub.Files[name], File.ReadAllBytes(Path.Combine(Cache, "blobs", hash)));
        }

        Assert.Equal(Directory.GetFiles(Sample.Model).Length, Directory.GetFiles(Snapshot).Length);
        Assert.All(
            hub.Requests, r =>
                Assert.Equal(r.Path.StartsWith("/large/", StringComparison.Ordinal) ? null : $"Bearer {HubServer.Token}", r.Authorization));
        Assert.Contains(hub.Requests, r => r.Path == $"/large/{Weights}");

        hub.Requests.Clear();
        await SucceedsAsync(hub, "pull", HubServer.Model);
        Assert.Equal([$"/api/models/{HubServer.Model}/revision/main"], hub.Requests.Select(r => r.Path));
    }

    [Fact]
    public async Task Pull_goes_on_where_the_hub_or_an_earlier_pull_broke_off()
    {
        await using var hub = await HubServer.StartAsync(Sample.Model);
        hub.BreakAfter = 1000;
        var blob = Path.Combine(Cache, "blobs", HubServer.Hash(Weights, hub.Files[Weights]));
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        await File.WriteAllBytesAsync(blob + ".incomplete", hub.Files[Weights][..500], Token);
        await SucceedsAsync(hub, "pull", HubServer.Model);
        Assert.Equal(hub.Files[Weights], await File.ReadAllBytesAsync(blob, Token));
        Assert.False(File.Exists(blob + ".incomplete"));
        var ranges = hub.Requests.Where(r => r.Path == $"/large/{Weights}").Select(r => r.Range).ToList();
        Assert.Equal("bytes=500-", ranges[0]);

        // The bytes on their way when it broke off may or may not have arrived.
        Assert.Equal(2, ranges.Count);
        Assert.InRange(int.Parse(ranges[1]!["bytes=".Length..].TrimEnd('-'), System.Globalization.CultureInfo.InvariantCulture), 500, 1500);
    }

    [Fact]
    public async Task Pull_throws_away_what_has_another_hash()
    {
        await using var hub = await HubServer.StartAsync(Sample.Model);
        hub.Damages = true;
        var result = await RunAsync(hub, "pull", HubServer.Model);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains($"{Weights} of {HubServer.Model} came with other bytes than its hash", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Snapshot, Weights)));
        Assert.False(File.Exists(Path.Combine(Cache, "refs", "main")));

        hub.Damages = false;
        await SucceedsAsync(hub, "pull", HubServer.Model);
        Assert.Equal(hub.Files[Weights], await File.ReadAllBytesAsync(Path.Combine(Snapshot, Weights), Token));
    }

    [Fact]
    public async Task Pull_weights_in_one_file_come_before_shards_beside_it()
    {
        await using var hub = await HubServer.StartAsync(Sample.Model);
        hub.Files["model.safetensors.index.json"] = """{"weight_map":{"model.norm.weight":"model-00001-of-00001.safetensors"}}"""u8.ToArray();
        hub.Files["model-00001-of-00001.safetensors"] = [1];
        await SucceedsAsync(hub, "pull", HubServer.Model);
        Assert.True(File.Exists(Path.Combine(Snapshot, Weights)));
        Assert.False(File.Exists(Path.Combine(Snapshot, "model-00001-of-00001.safetensors")));
    }

    [Fact]
    public async Task Train_takes_a_model_of_the_hub_and_offline_that_of_the_cache()
    {
        string[] train = Sample.Train(_folder["out"], HubServer.Model, more: ["--max-steps", "2"]);
        var hub = await HubServer.StartAsync(Sample.Model);
        string[] generate = ["generate", "--model", HubServer.Model, "--prompt", "One day", "--max-new-tokens", "3"];
        await using (hub)
        {
            await SucceedsAsync(hub, train);

            // As if another tool had fetched the weights alone.
            File.Delete(Path.Combine(Snapshot, "tokenizer.model"));
            await SucceedsAsync(hub, generate);
        }

        Assert.True(File.Exists(_folder[$"out/{Weights}"]));

        // The server is gone: what is in the cache needs no hub, and what is missing is named.
        await SucceedsAsync(hub, generate);

        // Without the tokenizer, what needs none goes on, and what needs it says so, out of the hub's reach and offline.
        File.Delete(Path.Combine(Snapshot, "tokenizer.model"));
        var told = $"{HubServer.Model} lacks its tokenizer in the cache {_folder["home/hub"]}, and ";
        Assert.Contains(told, (await SucceedsAsync(hub, "plan", "--model", HubServer.Model)).Error, StringComparison.Ordinal);
        var mute = await RunWithAsync(new() { ["HF_HUB_OFFLINE"] = "1" }, train);
        Assert.Equal(2, mute.ExitCode);
        Assert.Contains("has neither tokenizer.json nor tokenizer.model", mute.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(told, mute.Error, StringComparison.Ordinal);

        File.Delete(Path.Combine(Snapshot, Weights));
        var lacks = await RunWithAsync(new() { ["HF_HUB_OFFLINE"] = "1" }, generate);
        Assert.Equal(2, lacks.ExitCode);
        Assert.Contains(
            $"{HubServer.Model} lacks {Weights}, its tokenizer in the cache {_folder["home/hub"]}, and HF_HUB_OFFLINE forbids to fetch it",
            lacks.Error, StringComparison.Ordinal);
        Assert.Contains($"lisa pull {HubServer.Model} does", lacks.Error, StringComparison.Ordinal);
        var absent = await RunWithAsync(new() { ["HF_HUB_OFFLINE"] = "1" }, "generate", "--model", "some-org/other", "--prompt", "One day");
        Assert.Equal(2, absent.ExitCode);
        Assert.Contains("--model: there is no folder ", absent.Error, StringComparison.Ordinal);
        Assert.Contains("some-org/other is not there in the cache", absent.Error, StringComparison.Ordinal);
        var gone = await RunAsync(hub, "plan", "--model", "some-org/other");
        Assert.Equal(2, gone.ExitCode);
        Assert.Contains(
            "; where it can be, hf download some-org/other fetches the model, and its folder can be given instead", gone.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Model_or_adapter_that_is_named_as_on_the_hub_and_is_no_folder_is_explained()
    {
        await Lisa.RefusesAsync(
            ["generate", "--model", "gpt2", "--prompt", "x"], "--model: there is no folder ",
            "a model of the hub is named ORG/MODEL, such as openai-community/gpt2");
        await Lisa.RefusesAsync(
            ["generate", "--model", Sample.Model, "--adapter", "some-org/adapter", "--prompt", "x"], "--adapter: there is no folder ",
            "hf download some-org/adapter");
    }

    [Fact]
    public async Task Pull_what_the_hub_does_not_show_is_said_without_the_token()
    {
        await using var hub = await HubServer.StartAsync(Sample.Model);
        await RefusesAsync(hub, HubServer.Token, "some-org/other", "has no model some-org/other, or it is private");
        await RefusesAsync(hub, "hf_wrong-secret", HubServer.Model, "does not show some-org/tiny-stories to the token given (HF_TOKEN)");
        await RefusesAsync(hub, "", HubServer.Model, "does not show some-org/tiny-stories without a token");
        await RefusesAsync(hub, HubServer.Token, "not a model", "MODEL: 'not a model' must be ORG/MODEL");
        hub.Files.Remove(Weights);
        await RefusesAsync(hub, HubServer.Token, HubServer.Model, $"has no {Weights}; only safetensors weights");
    }

    private async Task RefusesAsync(HubServer hub, string token, string model, string says)
    {
        var result = await RunWithAsync(new() { ["HF_ENDPOINT"] = hub.Address, ["HF_TOKEN"] = token }, "pull", model);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        if (token.Length > 0) Assert.DoesNotContain(token, result.Error + result.Output, StringComparison.Ordinal);
    }

    private async Task<LisaResult> SucceedsAsync(HubServer hub, params string[] arguments)
    {
        var result = await RunAsync(hub, arguments);
        Assert.True(result.ExitCode == 0, $"exit code {result.ExitCode}: {result.Error}");
        Assert.DoesNotContain(HubServer.Token, result.Error + result.Output, StringComparison.Ordinal);
        return result;
    }

    private Task<LisaResult> RunAsync(HubServer hub, params string[] arguments) =>
        RunWithAsync(new() { ["HF_ENDPOINT"] = hub.Address, ["HF_TOKEN"] = HubServer.Token }, arguments);

    private async Task<LisaResult> RunWithAsync(Dictionary<string, string> environment, params string[] arguments)
    {
        environment["HF_HOME"] = _folder["home"];
        foreach (var name in (string[])["HF_HUB_CACHE", "HF_TOKEN_PATH", "HF_HUB_OFFLINE", "HF_TOKEN"]) environment.TryAdd(name, "");
        using var process = new LisaProcess(Lisa.Program, arguments, environment);
        return await process.EndAsync(Token);
    }
}
