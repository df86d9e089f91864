using System.Net;
using LisaOrleans.Api;
using LisaOrleans.Checkpoints;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Cli.Tests;

public sealed class HttpServerOptionsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void OptionalPort_without_one_each_setting_of_the_server_is_refused()
    {
        foreach (var setting in KnownSettings.HttpServer)
        {
            var values = new SettingValues();
            values.Add(SettingSource.File, setting, "5", $"run.yaml: line 1: {setting.Key}", setting.Key, "/");
            var e = Assert.Throws<UsageException>(() => HttpServerOptions.OptionalPort(values));
            Assert.Equal($"run.yaml: line 1: {setting.Key}: is used only with --http-port; give that, or leave it out", e.Message);
            values.Add(SettingSource.Flag, KnownSettings.TrainHttpPort, "0", "--http-port", "--http-port", "/");
            Assert.Equal(0, HttpServerOptions.OptionalPort(values));
        }

        Assert.Null(HttpServerOptions.OptionalPort(new SettingValues()));
    }

    [Fact]
    public void Keys_file_without_any_is_refused_at_the_start()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["keys"], "# nobody\n");
        var values = new SettingValues();
        values.Add(SettingSource.Flag, KnownSettings.ApiKeyFile, folder["keys"], "--api-keys", "--api-keys", "/");
        var e = Assert.Throws<InvalidDataFileException>(() => HttpServerOptions.Keys(values));
        Assert.Contains("has no key; lisa keys new makes one", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Describe_with_a_certificate_names_an_address_that_answers(bool beyond, bool withKeys)
    {
        using var folder = new TempFolder();
        using var authority = new TestAuthority(folder.Root, "http");
        var files = authority.Issue("silo");
        var host = beyond ? OwnAddress.BeyondLoopback() : IPAddress.Loopback;
        var (_, key) = ApiKey.Create("test", ApiScopes.Read);
        var options = new ApiServerOptions
        {
            Keys = withKeys ? new ApiKeys([key]) : null,
            Certificate = new ServerCertificate(files.CertificateFile, files.KeyFile!),
        };
        var port = Ports.Free();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        new ApiServer(options).Listen(builder.WebHost, host, port);
        await using var app = builder.Build();
        app.Run(context => Task.CompletedTask);
        await app.StartAsync(Token);

        var said = HttpServerOptions.Describe(host, port, options);
        var address = new Uri(said["HTTP at ".Length..said.IndexOf(',', StringComparison.Ordinal)]);
        Assert.Equal(beyond && !withKeys ? "http" : "https", address.Scheme);
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
        using var http = new HttpClient(handler);
        using var answer = await http.GetAsync(address, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
