using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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
        Uri? address = null;
        Assert.True(await process.WaitForLineAsync(
            line =>
            {
                if (Address().Match(line) is { Success: true } match) address = new Uri(match.Groups[1].Value + "/");
                return address is not null;
            },
            Token));
        Assert.Equal("https", address!.Scheme);

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
                "--output", folder["out"], .. more,
            ],
            says);
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
