using System.Globalization;
using LisaOrleans.Cli;

namespace LisaOrleans.Deploy.Tests;

public sealed class ComposeTests
{
    private static readonly ComposeFile s_file = ComposeFile.Read();

    [Fact]
    public void Compose_has_three_silos_with_addresses_of_their_own()
    {
        Assert.Equal(3, Silos().Count);
        Assert.Equal(3, Silos().Select(s => s.Address).Distinct().Count());
        Assert.All(Silos(), s => Assert.Equal(s.Address, s.Environment[SettingsEnvironment.Variable(KnownSettings.Host)]));
    }

    [Fact]
    public void Compose_every_silo_has_a_valid_command_and_time_to_drain()
    {
        foreach (var silo in Silos())
        {
            Assert.Empty(OptionChecker.WrongCalls("lisa " + string.Join(' ', silo.Command)));
            Assert.All(silo.Environment.Keys, v => Assert.True(LisaCommands.SiloReads(v), v));
            var drain = double.Parse(silo.Environment[SettingsEnvironment.Variable(KnownSettings.DrainTimeout)], CultureInfo.InvariantCulture);
            Assert.True(silo.GracePeriod > TimeSpan.FromSeconds(drain + 10));
        }
    }

    [Fact]
    public async Task Compose_nothing_is_open_to_the_host_and_every_secret_file_is_made()
    {
        using var folder = new TempFolder();
        await SecretFiles.MakeAsync(folder["secrets"]);
        Assert.All(s_file.Services.Values, s => Assert.False(s.Fields.ContainsKey("ports")));
        Assert.All(s_file.Secrets.Values, f => Assert.True(File.Exists(folder["secrets/" + f]), f));
        Assert.All(s_file.Services.Values, s => Assert.All(s.Secrets.Keys, k => Assert.True(s_file.Secrets.ContainsKey(k), k)));
    }

    private static List<ComposeService> Silos() => [.. s_file.Services.Values.Where(s => s.Command is ["silo", ..])];
}
