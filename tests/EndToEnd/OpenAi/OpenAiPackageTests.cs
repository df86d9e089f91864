
namespace LisaOrleans.EndToEnd;

/// <summary>The official npm package, unchanged, against the API.</summary>
public sealed class OpenAiPackageTests
{
    [Fact]
    public async Task LisaApi_openai_package_fine_tunes_a_model()
    {
        using var folder = new TempFolder();
        await using var server = await ApiServer.StartAsync();
        await NodePackage.RunAsync("fine-tune.mjs", Environment(server, folder));
    }

    [Fact]
    public async Task LisaApi_openai_package_gets_its_typed_errors()
    {
        using var folder = new TempFolder();
        await using var server = await ApiServer.StartAsync(change: o => o with { MaxUploadBytes = 1 << 20 });
        await NodePackage.RunAsync("errors.mjs", Environment(server, folder));
    }

    private static (string Name, string Value)[] Environment(ApiServer server, TempFolder folder) =>
    [
        ("LISA_TEST_URL", new Uri(server.Address, "v1").AbsoluteUri), ("LISA_TEST_KEY", server.WriteKey), ("LISA_TEST_READ_KEY", server.ReadKey),
        ("LISA_TEST_MODEL", ApiServer.Model), ("LISA_TEST_DATA", ShortData.Write(folder)),
    ];
}
