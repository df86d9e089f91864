using System.Text.RegularExpressions;
using LisaOrleans.Training;

namespace LisaOrleans.Cli.Tests;

public sealed partial class KnownSettingsTests
{
    private static readonly Dictionary<string, IReadOnlyList<Setting>> s_commands = new()
    {
        ["train"] = KnownSettings.Train,
        ["eval"] = KnownSettings.Eval,
        ["generate"] = KnownSettings.Generate,
        ["merge"] = KnownSettings.Merge,
        ["plan"] = KnownSettings.Plan,
        ["export"] = KnownSettings.Export,
        ["silo"] = KnownSettings.Silo,
        ["submit"] = KnownSettings.Submit,
        ["status"] = KnownSettings.Show,
        ["watch"] = KnownSettings.Show,
        ["list"] = KnownSettings.Show,
        ["pause"] = KnownSettings.Control,
        ["resume"] = KnownSettings.ResumeRun,
        ["history"] = KnownSettings.History,
        ["fork"] = KnownSettings.Fork,
        ["cancel"] = KnownSettings.Control,
        ["keys"] = [],
        ["doctor"] = KnownSettings.Doctor,
        ["data"] = [],
        ["pull"] = [],
        ["push"] = KnownSettings.Push,
        ["store"] = [],
        ["verify"] = ReplaySettings.Verify,
        ["forget"] = ReplaySettings.Forget,
        ["diff"] = ReplaySettings.Diff,
        ["bisect"] = ReplaySettings.Bisect,
        ["settings"] = [],
    };

    public static TheoryData<string> Commands => [.. s_commands.Keys];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task KnownSettings_help_of_a_command_lists_its_own_and_no_others(string command)
    {
        var help = await LisaMain.SucceedsAsync(command, "--help");
        var flags = OptionLine().Matches(help.Output).Select(m => m.Groups[1].Value).Except(["help", "config"]);
        Assert.Equal(s_commands[command].Select(s => s.Flag).Order(), flags.Order());
    }

    [Fact]
    public async Task Program_help_lists_the_commands_and_exit_codes()
    {
        var help = await Lisa.SucceedsAsync("--help");
        Assert.Equal(s_commands.Keys.Order(), CommandLine().Matches(help.Output).Select(m => m.Groups[1].Value).Order());
        foreach (var code in (string[])["0 done", "1 failed", "2 wrong usage or input", "130 interrupted"])
            Assert.Contains(code, help.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void RunSettings_each_is_a_flag_of_train_and_submit()
    {
        foreach (var command in (IReadOnlyList<Setting>[])[KnownSettings.Train, KnownSettings.Submit])
            Assert.Equal(RunSettings.Table.All, command.Select(s => s.Training).OfType<TrainingSetting>());
    }

    [Fact]
    public void Flag_is_in_kebab_case_and_Key_is_the_same_in_snake_case()
    {
        var all = s_commands.Values.SelectMany(s => s).Distinct().ToArray();
        Assert.All(all, s => Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)*$", s.Flag));
        Assert.All(all, s => Assert.Equal(s.Flag, s.Key.Replace('_', '-')));
        Assert.All(s_commands.Values, c => Assert.Equal(c.Count, c.Select(s => s.Key).Distinct().Count()));
    }

    [GeneratedRegex(@"^  (?:-\S+, )*--([a-z0-9-]+)", RegexOptions.Multiline)]
    private static partial Regex OptionLine();

    [GeneratedRegex(@"(?<=\nCommands:\n(?:  .*\n)*)  ([a-z]+) ")]
    private static partial Regex CommandLine();
}
