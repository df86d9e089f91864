using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using LisaOrleans.Cli;
using YamlDotNet.RepresentationModel;

namespace LisaOrleans.Deploy.Tests;

/// <summary>What can be checked of the Bicep file without its compiler.</summary>
public sealed partial class BicepTests
{
    // ShutdownTimeout is the drain timeout plus this many seconds.
    private const double Stopping = 10;

    private static readonly string s_bicep = DeployFiles.Read("deploy/azure/main.bicep");

    [Fact]
    public void Bicep_brackets_are_balanced() => Assert.Equal("", Unbalanced(s_bicep));

    [Theory]
    [InlineData("resource a 'b' = {", "{")]
    [InlineData("var a = [1, 2)", "[)")]
    [InlineData("var a = 'it''s ${b} {'", "")]
    public void Unbalanced_open_bracket_is_found(string text, string open) => Assert.Equal(open, Unbalanced(text));

    [Fact]
    public void Bicep_every_parameter_variable_and_resource_is_used()
    {
        foreach (Match declared in Declaration().Matches(s_bicep))
            if (declared.Groups["name"].Value is var name && name is not ("control" or "gpu" or "blobs" or "container"))
                Assert.True(Regex.Count(s_bicep, $@"\b{name}\b") > 1, $"{name} is declared and not used");
    }

    [Fact]
    public void Bicep_settings_are_those_of_a_silo()
    {
        var section = Section().Match(s_bicep);
        Assert.True(section.Success);
        var keys = Key().Matches(section.Groups[1].Value).Select(m => m.Groups[1].Value).ToList();
        Assert.Contains("store", keys);
        Assert.All(keys, key => Assert.Contains(KnownSettings.Silo, s => s.Key == key));
    }

    [Fact]
    public void Bicep_nothing_comes_in_from_the_internet()
    {
        Assert.Matches(@"(?s)access: 'Deny'\s+protocol: '\*'\s+sourceAddressPrefix: '\*'", s_bicep);
        Assert.All(Source().Matches(s_bicep), m => Assert.Contains(m.Groups[1].Value, (string[])["subnetPrefix", "'VirtualNetwork'", "'*'"]));
        Assert.Contains("allowSharedKeyAccess: false", s_bicep, StringComparison.Ordinal);
        Assert.Contains("allowBlobPublicAccess: false", s_bicep, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpu")]
    [InlineData("control")]
    public void CloudInit_is_yaml_and_all_its_blanks_are_filled_in(string name)
    {
        var file = $"deploy/azure/{name}.cloud-init.yaml";
        var text = DeployFiles.Read(file);
        Assert.StartsWith("#cloud-config\n", text, StringComparison.Ordinal);
        Assert.Contains($"loadTextContent('{name}.cloud-init.yaml')", s_bicep, StringComparison.Ordinal);
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        Assert.IsType<YamlMappingNode>(Assert.Single(yaml.Documents).RootNode);
        Assert.All(Blank().Matches(text), m => Assert.Contains($"'{m.Value}'", s_bicep, StringComparison.Ordinal));

        var drain = Number(s_bicep, @"drain_timeout_seconds: (\d+)");
        var docker = Number(text, @"docker stop --time (\d+) lisa\n");
        Assert.True(docker >= drain + Stopping);
        Assert.True(Number(text, @"TimeoutStopSec=(\d+)") > docker);
        Assert.Contains("silo --roles " + name, text, StringComparison.Ordinal);
        Assert.Contains("--preemption azure", text, StringComparison.Ordinal);
    }

    // Tokens and uploads pass through it: in memory, there would be no room for them beside the silo.
    [Theory]
    [InlineData("gpu")]
    [InlineData("control")]
    public void CloudInit_temporary_files_of_containers_are_on_the_disk(string name)
    {
        var text = DeployFiles.Read($"deploy/azure/{name}.cloud-init.yaml");
        Assert.DoesNotContain("--tmpfs", text, StringComparison.Ordinal);
        Assert.Equal(Regex.Count(text, "docker run "), Regex.Count(text, "--rm .*--read-only --volume /tmp "));
    }

    [Fact]
    public async Task CloudInit_lisa_of_the_control_machine_has_the_callers_folder_the_settings_and_a_place_for_models()
    {
        using var folder = new TempFolder();
        await Script("lisa", Written("/usr/local/bin/lisa").Replace("@@IMAGE@@", "the-image", StringComparison.Ordinal));
        await Script("docker", "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
        var start = new ProcessStartInfo(folder["lisa"], ["submit", "--model", "/work/my model"])
        {
            WorkingDirectory = folder.Root,
            RedirectStandardOutput = true,
        };
        start.Environment["PATH"] = $"{folder.Root}:{start.Environment["PATH"]}";
        (start.Environment["SUDO_UID"], start.Environment["SUDO_GID"]) = ("1001", "1002");
        using var process = Process.Start(start)!;
        var words = (await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).TrimEnd().Split('\n');
        Assert.Equal(["the-image", "submit", "--model", "/work/my model"], words[^4..]);
        Assert.Equal("1001:1002", words[Array.IndexOf(words, "--user") + 1]);
        var volumes = words.Where((_, i) => i > 0 && words[i - 1] == "--volume").ToArray();
        Assert.Contains($"{folder.Root}:/work", volumes);
        var service = Regex.Matches(Written("/etc/systemd/system/lisa.service"), "--volume (/etc/[^ ]+)").Select(m => m.Groups[1].Value);
        Assert.Equal(service, volumes.Where(v => v.StartsWith("/etc/", StringComparison.Ordinal)));
        Assert.Contains("HF_HOME=/var/lib/lisa", words);
        Assert.Contains("/var/lib/lisa:/var/lib/lisa", volumes);
        Assert.Contains("/var/lib/lisa]", DeployFiles.Read("deploy/azure/control.cloud-init.yaml"), StringComparison.Ordinal);

        async Task Script(string name, string text)
        {
            await File.WriteAllTextAsync(folder[name], text, TestContext.Current.CancellationToken);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder[name], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
    }

    // A file of the control machine.
    private static string Written(string path)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(DeployFiles.Read("deploy/azure/control.cloud-init.yaml")));
        var files = (YamlSequenceNode)yaml.Documents[0].RootNode["write_files"];
        return ((YamlScalarNode)files.Single(f => f["path"].ToString() == path)["content"]).Value!;
    }

    private static double Number(string text, string pattern) =>
        double.Parse(Regex.Match(text, pattern).Groups[1].Value, CultureInfo.InvariantCulture);

    // What is left of all brackets when matching pairs are gone; strings and comments do not count.
    private static string Unbalanced(string text)
    {
        var brackets = Regex.Replace(Ignored().Replace(text, ""), @"[^\[\](){}]", "");
        for (var before = -1; before != brackets.Length;)
        {
            before = brackets.Length;
            brackets = Pair().Replace(brackets, "");
        }

        return brackets;
    }

    [GeneratedRegex(@"'(?:\\.|''|[^'\\\n])*'|//[^\n]*")]
    private static partial Regex Ignored();

    [GeneratedRegex(@"\[\]|\(\)|\{\}")]
    private static partial Regex Pair();

    [GeneratedRegex(@"^(?:param|var|resource) (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"lisa: \{\n(.*?)\n  \}", RegexOptions.Singleline)]
    private static partial Regex Section();

    [GeneratedRegex(@"^\s*(\w+):", RegexOptions.Multiline)]
    private static partial Regex Key();

    [GeneratedRegex("sourceAddressPrefix: (.+)")]
    private static partial Regex Source();

    [GeneratedRegex("@@[A-Z_]+@@")]
    private static partial Regex Blank();
}
