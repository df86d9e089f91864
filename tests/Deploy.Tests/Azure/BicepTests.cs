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
