using System.Net;
using System.Net.Sockets;

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
        hub.Uploads.Busy = 1;
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
    public async Task Push_what_would_be_read_with_the_model_or_in_its_place_is_deleted()
    {
        await using var hub = await HubServer.StartAsync(Sample.Model);
        string[] old =
        [
            "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
            "chat_template.jinja", "chat_template.json", "additional_chat_templates/tool_use.jinja", "vocab.json",
        ];
        string[] kept =
        [
            "README.md", ".gitattributes", "adapter_model.safetensors", "onnx/model.safetensors", "generation_config.json",
            "preprocessor_config.json", "processor_config.json",
        ];
        foreach (var name in (string[])[.. old, .. kept]) hub.Files[name] = [1];
        var result = await RunAsync(hub, HubServer.Token, "push", HubServer.Model, "--folder", Sample.Model);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(HubServer.Commit, result.Output.Trim());
        Assert.Equal(old, hub.Uploads.Deleted);
        Assert.Contains(
            $"lisa: deleted from {HubServer.Model}, as {Sample.Model} has no such files: {string.Join(", ", old)}", result.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Push_token_that_may_make_no_models_writes_to_one_that_is_there()
    {
        await using var hub = await HubServer.StartAsync(Sample.Model);
        hub.Uploads.MayCreate = false;
        var result = await RunAsync(hub, HubServer.Token, "push", HubServer.Model, "--folder", Sample.Model);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.NotEmpty(hub.Uploads.Files);

        result = await RunAsync(hub, HubServer.Token, "push", "some-org/another", "--folder", Sample.Model);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("the token given (HF_TOKEN) may not write to some-org/another", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PostAsync_hub_that_takes_nothing_more_is_given_up()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var options = new HubOptions(new Uri($"http://{silent.LocalEndpoint}/"), _folder.Root, HubServer.Token, Offline: false);
        using var client = new HubClient(options, silence: TimeSpan.FromMilliseconds(200));

        // More than connections keep for a reader who is late.
        var e = await Assert.ThrowsAsync<HubException>(
            () => client.PostAsync(HubModelId.TryParse(HubServer.Model)!, "commit", new ByteArrayContent(new byte[1 << 25]), Token));
        Assert.True(e.IsPassing);
        Assert.Contains("does not answer within 0.2 seconds", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "does not go on with its answer within 0.2 seconds")]
    [InlineData(true, "breaks off its answer: ")]
    public async Task ListAsync_hub_that_falls_silent_in_its_answer_is_given_up(bool closes, string says)
    {
        using var stalling = new TcpListener(IPAddress.Loopback, 0);
        stalling.Start();
        var options = new HubOptions(new Uri($"http://{stalling.LocalEndpoint}/"), _folder.Root, HubServer.Token, Offline: false);
        using var client = new HubClient(options, silence: TimeSpan.FromMilliseconds(200));
        var listing = client.ListAsync(HubModelId.TryParse(HubServer.Model)!, Token);
        using var connection = await stalling.AcceptTcpClientAsync(Token);
        await connection.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"sha\":"u8.ToArray(), Token);
        if (closes) connection.Client.Shutdown(SocketShutdown.Send);

        var e = await Assert.ThrowsAsync<HubException>(() => listing);
        Assert.True(e.IsPassing);
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HeardContent_says_of_each_piece_of_a_body_that_it_goes()
    {
        var heard = new List<long>();
        using var target = new MemoryStream();
        using var content = new HeardContent(new StringContent(new string('a', 100_000)), () => heard.Add(target.Length));
        await content.CopyToAsync(target, Token);
        Assert.Equal((100_000, 100_000, 100_000), (content.Headers.ContentLength, target.Length, heard[^1]));
        Assert.All(heard.Zip(heard.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 1, 1 << 14));
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
