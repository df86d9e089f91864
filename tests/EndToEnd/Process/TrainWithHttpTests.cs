using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LisaOrleans.Api;
using LisaOrleans.Cli.Tests;

namespace LisaOrleans.EndToEnd;

/// <summary>The flags of the program: keys, TLS, and the server that runs beside training.</summary>
public sealed partial class TrainWithHttpTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Train_with_http_serves_the_api_over_tls_to_those_with_a_key_and_logs_no_secret()
    {
        using var folder = new TempFolder();
        var key = (await Lisa.SucceedsAsync("keys", "new", "web", "--scope", "write", "--api-keys", folder["keys"])).Output.Split('\n')[0];
        await Lisa.RefusesAsync(["keys", "new", "web", "--api-keys", folder["keys"]], "'web'");
        var (certificate, privateKey) = WriteCertificate(folder);
        using var process = Lisa.Start(
            "train", "--model", Path.Combine(Repository.Root, "samples", ApiServer.Model),
            "--data", Path.Combine(Repository.Root, "samples", "animals.jsonl"),
            "--output", folder["out"], "--threads", "1", "--max-steps", "1000000", "--http-port", "0", "--api-keys", folder["keys"],
            "--models", Path.Combine(Repository.Root, "samples"), "--tls-certificate", folder["certificate.pem"], "--tls-key", folder["key.pem"]);
        var address = await AddressAsync(process);
        Assert.Equal("https", address.Scheme);

        using var handler = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (_, shown, _, _) => shown!.Thumbprint == certificate,
        };
        using var http = new HttpClient(handler) { BaseAddress = address };
        const string Wrong = "lisa-wrong-and-secret-all-the-same";
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Wrong);
        using (var refused = await http.GetAsync(new Uri("models", UriKind.Relative), Token))
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        Assert.Contains(ApiServer.Model, await http.GetStringAsync(new Uri("models", UriKind.Relative), Token), StringComparison.Ordinal);

        // Plain HTTP gets nothing from this port.
        using var plain = new HttpClient { BaseAddress = new UriBuilder(address) { Scheme = "http" }.Uri };
        await Assert.ThrowsAsync<HttpRequestException>(() => plain.GetAsync(new Uri("models", UriKind.Relative), Token));

        process.Signal(LisaProcess.Interrupt);
        var result = await process.EndAsync(Token);
        Assert.Equal(130, result.ExitCode);
        foreach (var secret in (string[])[key, Wrong, privateKey])
            Assert.DoesNotContain(secret, result.Output + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_paused_on_its_dashboard_stays_until_it_is_resumed_or_cancelled_there()
    {
        using var folder = new TempFolder();
        using var process = Lisa.Start(Train(folder["out"]));
        using var http = new HttpClient { BaseAddress = await AddressAsync(process) };
        await HasLineAsync(process, "step 2/");
        await ActAsync(http, "pause");
        await HasLineAsync(process, "run 'default' is paused after step ");
        await ActAsync(http, "resume");
        await HasLineAsync(process, "run 'default' is resumed after step ");
        await HasLineAsync(process, "step ");
        await ActAsync(http, "pause");
        await HasLineAsync(process, "run 'default' is paused after step ");
        await ActAsync(http, "cancel");
        var result = await process.EndAsync(Token);
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("run 'default' was cancelled after step ", result.Output, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task Train_paused_on_its_dashboard_ends_with_a_signal_and_the_same_command_resumes()
    {
        using var folder = new TempFolder();
        using (var process = Lisa.Start(Train(folder["out"])))
        {
            using var http = new HttpClient { BaseAddress = await AddressAsync(process) };
            await HasLineAsync(process, "step 2/");
            await ActAsync(http, "pause");
            await HasLineAsync(process, "run 'default' is paused after step ");
            process.Signal(LisaProcess.Interrupt);
            var result = await process.EndAsync(Token);
            Assert.Equal(130, result.ExitCode);
            Assert.Empty(result.Error);
        }

        using var next = Lisa.Start(Train(folder["out"]));
        await HasLineAsync(next, "resuming run 'default' from step ");
        await HasLineAsync(next, "step ");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Train_that_ends_or_is_killed_leaves_the_jobs_of_its_server_to_be_resumed_by_the_next(bool killed)
    {
        using var folder = new TempFolder();
        string job;
        using (var process = Lisa.Start(Train(folder["out"])))
        {
            using var http = new HttpClient { BaseAddress = await AddressAsync(process) };
            job = (string)(await http.PostJsonAsync(Requests.Jobs, Requests.Job(await http.UploadAsync(), steps: 1_000_000)))["id"]!;
            await Until.True(async () => (long?)(await JobAsync(http))["progress"]?["step"] > 0);
            if (killed)
            {
                await process.KillAsync(Token);
            }
            else
            {
                process.Signal(LisaProcess.Terminate);
                var result = await process.EndAsync(Token);
                Assert.Equal(130, result.ExitCode);
                Assert.Contains($"run '{job}' is paused, too", result.Output, StringComparison.Ordinal);
                Assert.Empty(result.Error);
            }
        }

        using var next = Lisa.Start(Train(folder["out"]));
        using var again = new HttpClient { BaseAddress = await AddressAsync(next) };
        if (killed) await Until.True(async () => (string)(await JobAsync(again))["status"]! == "paused");
        var paused = await JobAsync(again);
        Assert.Equal("paused", (string)paused["status"]!);
        Assert.Equal((long)paused["progress"]!["checkpoint_step"]!, (long)paused["progress"]!["step"]!);
        await again.PostJsonAsync($"{Requests.Jobs}/{job}/resume", new { });
        await Until.True(async () => (long)(await JobAsync(again))["progress"]!["step"]! > (long)paused["progress"]!["step"]!);

        async Task<JsonNode> JobAsync(HttpClient http) => await http.GetJsonAsync($"{Requests.Jobs}/{job}");
    }

    [Fact]
    public async Task Http_full_folder_for_temporary_files_is_named_and_uploads_and_jobs_go_on_when_there_is_room()
    {
        using var folder = new TempFolder();
        await using var disk = await SmallDisk.MountAsync(folder["temp"], "size=256k", folder["disk.log"]);
        Assert.SkipWhen(disk is null, "this system lets nobody mount a small disk");
        using var process = new LisaProcess(
            disk!.Within[0],
            [
                .. disk.Within.Skip(1), Lisa.Program, "train", "--model", Path.Combine(Repository.Root, "samples", ApiServer.Model),
                "--data", Path.Combine(Repository.Root, "samples", "animals.jsonl"), "--output", folder["out"], "--threads", "1",
                "--max-steps", "1000000", "--http-port", "0", "--models", Path.Combine(Repository.Root, "samples"),
                "--requests-per-minute", "1000000",
            ],
            new Dictionary<string, string> { ["TMPDIR"] = folder["temp"] });
        using var http = new HttpClient { BaseAddress = new Uri(await AddressAsync(process), "/") };
        var lines = string.Concat(Enumerable.Repeat("{\"text\":\"all work and no play\"}\n", 20_000));

        var full = await http.UploadAsync(lines, HttpStatusCode.InsufficientStorage);
        Assert.Equal("storage_refused", full.Error("code"));
        Assert.Contains(
            "the folder for temporary files (TMPDIR): no space is left on the disk; free some", full.Error("message"), StringComparison.Ordinal);
        var small = await http.UploadAsync();
        Assert.True(await disk.RemountAsync("size=64m", folder["disk.log"]));
        var file = await http.UploadAsync(lines);

        // A job whose data has no room there waits, and says why, once.
        Assert.True(await disk.RemountAsync("size=256k", folder["disk.log"]));
        var job = (string)(await http.PostJsonAsync(Requests.Jobs, Requests.Job(file, steps: 1)))["id"]!;
        var other = (string)(await http.PostJsonAsync(Requests.Jobs, Requests.Job(small, steps: 1)))["id"]!;
        await Until.True(async () => await WaitingAsync() is [_]);
        Assert.Contains("takes no temporary files: No space left on device", (await WaitingAsync()).Single(), StringComparison.Ordinal);
        Assert.True(await disk.RemountAsync("size=64m", folder["disk.log"]));
        await Until.True(async () => (string)(await http.GetJsonAsync($"{Requests.Jobs}/{job}"))["status"]! != "validating_files");
        Assert.Single(await WaitingAsync());

        // Documents of the store that are damaged are named, too, and hide no others.
        await File.WriteAllTextAsync(folder[$"out/lisa-store/files/{file}.json"], "{\"id", Token);
        var damaged = await http.GetJsonAsync($"/v1/files/{file}", HttpStatusCode.InternalServerError);
        Assert.Contains($"files/{file}.json", damaged.Error("message"), StringComparison.Ordinal);
        Assert.Contains((await http.GetJsonAsync("/v1/files"))["data"]!.AsArray(), f => (string)f!["id"]! == small);
        await File.WriteAllTextAsync(folder[$"out/lisa-store/jobs/{job}.json"], "{\"id", Token);
        Assert.Equal([other], (await http.GetJsonAsync(Requests.Jobs))["data"]!.AsArray().Select(j => (string)j!["id"]!));

        async Task<string[]> WaitingAsync() =>
        [
            .. (await http.GetJsonAsync($"{Requests.Jobs}/{job}/events"))["data"]!.AsArray().Select(e => (string)e!["message"]!)
                .Where(m => m.StartsWith("The job waits: ", StringComparison.Ordinal)),
        ];
    }

    [Fact]
    public async Task HttpServerOptions_wrong_settings_are_refused_before_anything_is_done()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["keys"], "web write 123\n", Token);
        await RefusesAsync(["--api-keys", folder["keys"]], "line 1");
        await RefusesAsync(["--api-keys", folder["none"]], "--api-keys");
        await RefusesAsync(["--models", folder["none"]], "--models");
        await RefusesAsync(["--http-port", "70000"], "--http-port");
        await RefusesAsync(["--http-allow-origin", "https://app.example.com"], "--api-keys");
        await File.WriteAllTextAsync(folder["good"], new ApiKey("web", ApiScopes.Read, new byte[32]).ToLine(), Token);
        foreach (var origin in (string[])["*", "app.example.com", "https://app.example.com/", "https://*.example.com", "null", "file:///x"])
            await RefusesAsync(["--api-keys", folder["good"], "--http-allow-origin", origin], $"'{origin}'");
        await RefusesAsync(["--tls-certificate", folder["keys"]], "--tls-key");
        await RefusesAsync(["--tls-certificate", folder["keys"], "--tls-key", folder["keys"]], "PEM");
        await Lisa.RefusesAsync(["keys", "new", "../x"], "NAME");
        await Lisa.RefusesAsync(["keys", "new", "x", "--scope", "admin"], "--scope");

        Task RefusesAsync(string[] more, string says) => Lisa.RefusesAsync(
            [
                "train", "--model", Path.Combine(Repository.Root, "samples", ApiServer.Model),
                "--data", Path.Combine(Repository.Root, "samples", "animals.jsonl"),
                "--output", folder["out"], .. more.Contains("--http-port") ? (string[])[] : ["--http-port", "0"], .. more,
            ],
            says);
    }

    private static string[] Train(string output) =>
    [
        "train", "--model", Path.Combine(Repository.Root, "samples", ApiServer.Model),
        "--data", Path.Combine(Repository.Root, "samples", "animals.jsonl"), "--output", output, "--threads", "1",
        "--per-device-train-batch-size", "2", "--block-size", "64", "--max-steps", "1000000", "--http-port", "0",
        "--models", Path.Combine(Repository.Root, "samples"), "--log-format", "plain",
    ];

    private static async Task HasLineAsync(LisaProcess process, string start) =>
        Assert.True(await process.WaitForLineAsync(l => l.StartsWith(start, StringComparison.Ordinal), Token));

    private static async Task ActAsync(HttpClient http, string action)
    {
        using var response = await http.PostAsync(new Uri($"/dashboard/api/runs/default/{action}", UriKind.Relative), null, Token);
        response.EnsureSuccessStatusCode();
    }

    private static async Task<Uri> AddressAsync(LisaProcess process)
    {
        Uri? address = null;
        Assert.True(await process.WaitForLineAsync(
            line =>
            {
                if (Address().Match(line) is { Success: true } match) address = new Uri(match.Groups[1].Value + "/");
                return address is not null;
            },
            Token));
        return address!;
    }

    // The certificate's thumbprint, and a line of the private key.
    private static (string Thumbprint, string PrivateKey) WriteCertificate(TempFolder folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var pem = key.ExportPkcs8PrivateKeyPem();
        File.WriteAllText(folder["certificate.pem"], certificate.ExportCertificatePem());
        File.WriteAllText(folder["key.pem"], pem);
        return (certificate.Thumbprint, pem.Split('\n')[1]);
    }

    [GeneratedRegex(@"HTTP API at (\S+)")]
    private static partial Regex Address();
}
