namespace LisaOrleans.Cli.Tests;

/// <summary><c>lisa push</c> against a server that speaks the hub's protocol.</summary>
public sealed class HubPushTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    public async Task Push_brings_the_models_files_and_large_ones_once(int chunk)
    {
        await using var hub = await HubServer.StartAsync(Sample.Model, chunk);
        var model = Sample.CopyModel(_folder);
        File.WriteAllText(Path.Combine(model, "README.md"), "a card");
        File.WriteAllText(Path.Combine(model, "trainer_log.jsonl"), "nobody's business");
        Directory.CreateDirectory(Path.Combine(model, "additional_chat_templates"));
        File.WriteAllText(Path.Combine(model, "additional_chat_templates", "tool_use.jinja"), "{{ tools }}");
        for (var i = 0; i < 2; i++)
        {
            var result = await RunAsync(hub, HubServer.Token, "push", HubServer.Model, "--folder", model, "--private");
            Assert.True(result.ExitCode == 0, result.Error);
            Assert.Equal(HubServer.Commit, result.Output.Trim());
        }

        string[] names = [
            .. Directory.GetFiles(Sample.Model).Select(f => Path.GetFileName(f)), "README.md", "additional_chat_templates/tool_use.jinja"];
        Assert.Equal(names.Order(StringComparer.Ordinal), hub.Uploads.Files.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, content) in hub.Uploads.Files) Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(model, name), Token), content);
        Assert.Single(hub.Uploads.Asked);
        Assert.Equal("""{"type":"model","organization":"some-org","name":"tiny-stories","private":true}""", hub.Uploads.Created);
    }

    [Fact]
    public async Task Push_what_cannot_be_brought_is_refused()
    {
        await using var hub = await HubServer.StartAsync(Sample.Model);
        await RefusesAsync("hf_wrong-secret", "does not show some-org/tiny-stories to the token given", "--folder", Sample.Model);
        await RefusesAsync("", "takes models from those only who have a token; set HF_TOKEN", "--folder", Sample.Model);
        await RefusesAsync(HubServer.Token, "has no config.json, model.safetensors", "--folder", _folder.Root);
        await RefusesAsync(HubServer.Token, "--folder is missing");
        Assert.Empty(hub.Uploads.Files);

        async Task RefusesAsync(string token, string says, params string[] more)
        {
            var result = await RunAsync(hub, token, ["push", HubServer.Model, .. more]);
            Assert.Equal(2, result.ExitCode);
            Assert.Contains(says, result.Error, StringComparison.Ordinal);
            if (token.Length > 0) Assert.DoesNotContain(token, result.Error + result.Output, StringComparison.Ordinal);
        }
    }

    private async Task<LisaResult> RunAsync(HubServer hub, string token, params string[] arguments)
    {
        var environment = new Dictionary<string, string>
        {
            ["HF_ENDPOINT"] = hub.Address,
            ["HF_TOKEN"] = token,
            ["HF_HOME"] = _folder["home"],
            ["HF_TOKEN_PATH"] = "",
            ["HF_HUB_OFFLINE"] = "",
        };
        using var process = new LisaProcess(Lisa.Program, arguments, environment);
        return await process.EndAsync(Token);
    }
}
