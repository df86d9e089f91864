using System.Text.Json;
using LisaOrleans.Api;
using LisaOrleans.Cli;

namespace LisaOrleans.Deploy.Tests;

public sealed class SecretFilesTests
{
    [Fact]
    public async Task MakeAsync_settings_are_those_of_a_silo()
    {
        using var folder = new TempFolder();
        await SecretFiles.MakeAsync(folder["secrets"], "AccountName=a;AccountKey=b");
        using var settings = JsonDocument.Parse(
            await File.ReadAllTextAsync(folder["secrets/appsettings.json"], TestContext.Current.CancellationToken));
        var section = settings.RootElement.GetProperty("lisa");
        foreach (var field in section.EnumerateObject()) Assert.Contains(KnownSettings.Silo, s => s.Key == field.Name);
        Assert.Equal("AccountName=a;AccountKey=b", section.GetProperty("store").GetString());
        Assert.True(File.Exists(folder["secrets/" + section.GetProperty("cluster_secret_file").GetString()]));
        Assert.Equal(1, ApiKeys.ReadFile(folder["secrets/" + section.GetProperty("api_keys").GetString()]).Count);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder["secrets"]));
    }
}
