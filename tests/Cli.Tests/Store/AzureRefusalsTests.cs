using System.Text;
using Azure.Storage.Blobs;
using Azure.Storage.Sas;

namespace LisaOrleans.Cli.Tests;

/// <summary>
/// Credentials of Azure that are missing, wrong or expired, and containers that are not there: one line says what would be right.
/// </summary>
public sealed class AzureRefusalsTests : IDisposable
{
    private static readonly string s_wrongKey = Convert.ToBase64String(Encoding.ASCII.GetBytes(new string('k', 64)));

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Store_in_azure_that_cannot_be_used_is_refused_by_every_command_with_what_would_be_right()
    {
        await using var azurite = await Azurite.StartAsync();
        var container = Container(azurite, "runs");
        await container.CreateAsync(cancellationToken: Token);
        var signed = Signed(container, BlobContainerSasPermissions.All, 1);
        var account = container.Uri.AbsoluteUri;
        (string Location, string[] Says)[] wrong =
        [
            (AzuriteServer.ConnectionString(azurite.Port, s_wrongKey), ["the account's key is refused (403", "check AccountName"]),
            (Signed(container, BlobContainerSasPermissions.All, -1), ["the signature has expired on ", "make a new one"]),
            (signed.Replace("sig=", "sig=AA", StringComparison.Ordinal), ["the signature is refused (403", "make a new one for this container"]),
            (Signed(Container(azurite, "none"), BlobContainerSasPermissions.All, 1), ["there is no such container (404", "create it"]),
            (account, ["must begin with https://, or have a signature"]),
            (signed.Replace($":{azurite.Port}/", $":{Ports.Free()}/", StringComparison.Ordinal), ["nothing answers there", "the account's name"]),
        ];
        foreach (var (location, says) in wrong) await RefusesAsync(new Dictionary<string, string>(), ["store", "list", "--store", location], says);

        // The same line wherever a store can be named.
        string[][] commands =
        [
            Sample.Train(_folder["out"]), ["silo", "--host", "127.0.0.1", "--redis", "127.0.0.1:1"], ["export", "r", "--output", _folder["out"]],
            ["fork", "r", "--run-name", "f"], ["store", "prune"], ["store", "verify"],
        ];
        foreach (var command in commands)
            await RefusesAsync(new Dictionary<string, string>(), [.. command, "--store", wrong[1].Location], [" --store: ", .. wrong[1].Says]);
        Assert.False(Directory.Exists(_folder["out"]));

        // What may only be read is found out by the first write.
        var readable = Signed(container, BlobContainerSasPermissions.Read, 1);
        var reading = await RunAsync(new Dictionary<string, string>(), Sample.Train(_folder["out"], more: ["--store", readable]));
        Assert.NotEqual(0, reading.ExitCode);
        Assert.Contains("Azure denies access (403", reading.Error, StringComparison.Ordinal);
        Assert.Contains("check the key, its expiry and its rights", reading.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Store_of_a_machine_with_an_identity_is_used_and_without_one_is_refused()
    {
        using var authority = new TestAuthority(_folder["tls"], "test");
        var tls = authority.Issue("azurite");
        await using var azurite = await Azurite.StartAsync(["--oauth", "basic", "--cert", tls.CertificateFile, "--key", tls.KeyFile!]);
        var store = $"https://127.0.0.1:{azurite.Port}/{AzuriteServer.Account}/runs";
        var trusts = new Dictionary<string, string> { ["SSL_CERT_FILE"] = tls.AuthorityFile };

        // A closed port in place of the address at which machines of Azure ask. Azure's client asks there for most of a minute.
        var nobody = new Dictionary<string, string>(trusts) { ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = $"http://127.0.0.1:{Ports.Free()}/" };
        var nobodyRefused = RefusesAsync(nobody, ["store", "list", "--store", store], ["no identity can be had (", "AZURE_CLIENT_SECRET", "az login"]);

        using (var identity = ManagedIdentity.Start())
        {
            var trained = await RunAsync(
                new Dictionary<string, string>(identity.Variables.Concat(trusts)),
                Sample.Train(_folder["out"], more: ["--max-steps", "1", "--store", store]));
            Assert.True(trained.ExitCode == 0, trained.Error);
            Assert.NotEqual(0, identity.Asked);
            var listed = await RunAsync(new Dictionary<string, string>(identity.Variables.Concat(trusts)), ["store", "list", "--store", store]);
            Assert.Contains("default", listed.Output, StringComparison.Ordinal);
        }

        using (var none = ManagedIdentity.Start(refuses: true))
        {
            var variables = new Dictionary<string, string>(none.Variables.Concat(trusts));
            await RefusesAsync(variables, ["store", "list", "--store", store], ["no identity can be had (", "give the machine a managed identity"]);
            await RefusesAsync(variables, Sample.Train(_folder["more"], more: ["--store", store]), ["--store: ", "no identity can be had ("]);
        }

        await nobodyRefused;
        Assert.False(Directory.Exists(_folder["more"]));
    }

    private static BlobContainerClient Container(Azurite azurite, string name) =>
        new(azurite.ConnectionString, name, new BlobClientOptions(BlobClientOptions.ServiceVersion.V2024_11_04));

    private static string Signed(BlobContainerClient container, BlobContainerSasPermissions rights, double hours) =>
        container.GenerateSasUri(rights, DateTimeOffset.UtcNow.AddHours(hours)).AbsoluteUri;

    private static async Task<LisaResult> RunAsync(IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments)
    {
        using var process = Lisa.Start(environment, arguments);
        var result = await process.EndAsync(Token);
        Assert.All(
            (string[])["sig=", s_wrongKey, AzuriteServer.Key],
            s => Assert.DoesNotContain(s, result.Output + result.Error, StringComparison.Ordinal));
        return result;
    }

    private static async Task RefusesAsync(IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments, string[] says) =>
        Lisa.AssertRefused(await RunAsync(environment, arguments), says);
}
