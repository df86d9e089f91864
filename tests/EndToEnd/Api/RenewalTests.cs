using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using LisaOrleans.Api;

namespace LisaOrleans.EndToEnd;

public sealed class RenewalTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ConcurrentQueue<string> _told = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task FileRenewal_keys_are_those_of_the_file_and_a_broken_one_changes_nothing()
    {
        var (first, one) = ApiKey.Create("one", ApiScopes.Read);
        var (second, two) = ApiKey.Create("two", ApiScopes.Read);
        await WriteAsync("keys", one.ToLine());
        await using var server = await ApiServer.StartAsync(change: o => o with { Keys = ApiKeys.ReadFile(_folder["keys"]), Tell = _told.Enqueue });
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(server, first));

        await WriteAsync("keys", two.ToLine());
        await Until.True(async () => await StatusAsync(server, second) == HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(server, first));

        // Renamed over, as editors and secrets of Kubernetes are; broken; and gone for a while.
        await WriteAsync("next", "two read 123");
        File.Move(_folder["next"], _folder["keys"], overwrite: true);
        await ToldAsync("keys: cannot be used", "line 1: must be a name");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(server, second));
        File.Delete(_folder["keys"]);
        await ToldAsync("keys: cannot be used", "Could not find file");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(server, second));

        await WriteAsync("keys", one.ToLine());
        await Until.True(async () => await StatusAsync(server, first) == HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(server, second));
        Assert.Single(_told, t => t.Contains("must be a name", StringComparison.Ordinal));

        // The last key is revoked as any other.
        await WriteAsync("keys", "# nobody");
        await Until.True(async () => await StatusAsync(server, first) == HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task FileRenewal_new_connections_see_a_renewed_certificate_once_its_key_fits()
    {
        using var old = Certificate("old");
        using var renewed = Certificate("renewed");
        await WriteAsync("chain.pem", old.ExportCertificatePem());
        await WriteAsync("key.pem", old.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        var certificate = new ServerCertificate(_folder["chain.pem"], _folder["key.pem"]);
        await using var server = await ApiServer.StartAsync(change: o => o with { Certificate = certificate, Tell = _told.Enqueue });
        Assert.Equal(old.Thumbprint, await ShownAsync(server));

        // The one file comes before the other: a certificate that the key does not fit is not shown.
        await WriteAsync("chain.pem", renewed.ExportCertificatePem());
        await ToldAsync("chain.pem and ", "cannot be used");
        Assert.Equal(old.Thumbprint, await ShownAsync(server));
        await WriteAsync("key.pem", renewed.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        await Until.True(async () => await ShownAsync(server) == renewed.Thumbprint);
    }

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static async Task<HttpStatusCode> StatusAsync(ApiServer server, string key)
    {
        using var http = server.Client(key);
        using var response = await http.GetAsync(new Uri("/v1/models", UriKind.Relative), Token);
        return response.StatusCode;
    }

    private static async Task<string> ShownAsync(ApiServer server)
    {
        var shown = "";
        using var handler = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (_, certificate, _, _) => (shown = certificate!.Thumbprint).Length > 0,
        };
        using var http = new HttpClient(handler) { BaseAddress = server.Address };
        await http.GetStringAsync(new Uri("/health/live", UriKind.Relative), Token);
        return shown;
    }

    private Task ToldAsync(params string[] parts) =>
        Until.True(() => _told.Any(t => parts.All(p => t.Contains(p, StringComparison.Ordinal))));

    private Task WriteAsync(string name, string content) => File.WriteAllTextAsync(_folder[name], content + "\n", Token);
}
