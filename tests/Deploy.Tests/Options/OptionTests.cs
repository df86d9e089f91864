using System.Text.Json;
using System.Text.RegularExpressions;
using LisaOrleans.Cli;

namespace LisaOrleans.Deploy.Tests;

public sealed partial class OptionTests
{
    public static TheoryData<string> Files => [.. DeployFiles.All.Where(f => !f.EndsWith(".md", StringComparison.Ordinal))];

    public static TheoryData<string> Pages => [.. DeployFiles.Pages];

    [Theory]
    [MemberData(nameof(Files))]
    public void OptionChecker_every_option_and_variable_of_a_file_exists(string file)
    {
        var text = DeployFiles.Read(file);
        Assert.Empty(OptionChecker.WrongFlags(text));
        Assert.Empty(OptionChecker.WrongCalls(text));
        Assert.Empty(OptionChecker.WrongVariables(text, LisaCommands.SiloReads));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void OptionChecker_every_option_and_variable_in_the_code_of_a_page_exists(string page)
    {
        var text = DeployFiles.Read(page);
        foreach (Match block in Block().Matches(text))
        {
            Assert.Empty(OptionChecker.WrongCalls(block.Groups["code"].Value));
            Assert.Empty(OptionChecker.WrongVariables(block.Groups["code"].Value, Known));
            if (block.Groups["language"].Value == "json") Assert.Empty(WrongKeys(block.Groups["code"].Value));
        }

        foreach (Match code in Inline().Matches(Block().Replace(text, "")))
        {
            Assert.Empty(OptionChecker.WrongVariables(code.Value, Known));
            if (code.Value.StartsWith("`lisa ", StringComparison.Ordinal)) Assert.Empty(OptionChecker.WrongCalls(code.Value));
            if (page.Contains("deploy", StringComparison.Ordinal) && code.Value.StartsWith("`--", StringComparison.Ordinal))
                Assert.Empty(OptionChecker.WrongFlags(code.Value));
        }

        // Pages may also mention variables of these tests.
        static bool Known(string variable) => variable.StartsWith("LISA_TEST_", StringComparison.Ordinal) || LisaCommands.AnyReads(variable);
    }

    [Theory]
    [InlineData("lisa silo --drain-timeout 25")]
    [InlineData("lisa silo --host 10.0.0.1 \\\n  --rolls gpu")]
    [InlineData("lisa silo --learning-rate 1")]
    [InlineData("lisa status RUN --learning-rate 1")]
    [InlineData("lisa status RUN --config x.yaml")]
    [InlineData("lisa silo --preemption azur")]
    [InlineData("          args: [silo, --role, gpu]")]
    [InlineData("ENTRYPOINT [\"/opt/lisa/lisa\", \"silo\", \"--threds=2\"]")]
    [InlineData("docker run IMAGE silo --threads 4 --machine lisa")]
    [InlineData("dotnet run --project src/Cli -- train --modle folder")]
    public void WrongCalls_wrong_call_is_found(string text) => Assert.Single(OptionChecker.WrongCalls(text));

    [Theory]
    [InlineData("lisa silo --drain-timeout-seconds 25 --preemption azure && docker run --rm")]
    [InlineData("          args: [silo, --roles, gpu]")]
    [InlineData("a silo that trains")]
    public void WrongCalls_right_call_is_not_found(string text) => Assert.Empty(OptionChecker.WrongCalls(text));

    [Fact]
    public void WrongVariables_WrongFlags_and_WrongKeys_find_what_is_wrong()
    {
        Assert.Single(OptionChecker.WrongVariables("LISA_DRAIN_TIMEOUT: \"25\"", LisaCommands.SiloReads));
        Assert.Single(OptionChecker.WrongVariables("LISA_LEARNING_RATE=1", LisaCommands.SiloReads));
        Assert.Empty(OptionChecker.WrongVariables("LISA_DRAIN_TIMEOUT_SECONDS LISA_CLUSTER_SECRET LISA_HOST", LisaCommands.SiloReads));
        Assert.Single(OptionChecker.WrongFlags("# set --drain-timeout to less"));
        Assert.Single(WrongKeys("""{ "lisa": { "tensorport": 1, "tensor_port": 1 } }"""));
    }

    [Fact]
    public void IsCommand_every_command_of_the_program_is_known()
    {
        var commands = Command().Matches(DeployFiles.Read("src/Cli/Program.cs")).Select(m => m.Groups[1].Value).ToList();
        Assert.Contains("silo", commands);
        Assert.All(commands, c => Assert.True(LisaCommands.IsCommand(c), c));
    }

    private static IEnumerable<string> WrongKeys(string json)
    {
        using var document = JsonDocument.Parse(json);
        return !document.RootElement.TryGetProperty("lisa", out var section)
            ? []
            : [.. section.EnumerateObject().Select(f => f.Name).Where(
                name => KnownSettings.Silo.Concat(KnownSettings.Submit).All(s => s.Key != name))];
    }

    [GeneratedRegex(@"```(?<language>\w*)\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"SettingsCommand\.Create\(\s*""(\w+)""")]
    private static partial Regex Command();

    [GeneratedRegex("`[^`\n]+`")]
    private static partial Regex Inline();
}
