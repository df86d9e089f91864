using LisaOrleans.Cli;

namespace LisaOrleans.Deploy.Tests;

/// <summary>The commands of lisa with their settings.</summary>
internal static class LisaCommands
{
    private const string ConfigFlag = "config";

    private static readonly Dictionary<string, (IReadOnlyList<Setting> Settings, bool WithFile)> s_commands = new()
    {
        ["train"] = (KnownSettings.Train, true),
        ["eval"] = (KnownSettings.Eval, true),
        ["generate"] = (KnownSettings.Generate, false),
        ["merge"] = (KnownSettings.Merge, false),
        ["plan"] = (KnownSettings.Plan, true),
        ["silo"] = (KnownSettings.Silo, true),
        ["submit"] = (KnownSettings.Submit, true),
        ["status"] = (KnownSettings.Show, false),
        ["watch"] = (KnownSettings.Show, false),
        ["list"] = (KnownSettings.Show, false),
        ["pause"] = (KnownSettings.Control, false),
        ["resume"] = (KnownSettings.Control, false),
        ["cancel"] = (KnownSettings.Control, false),
        ["export"] = (KnownSettings.Export, false),
        ["history"] = (KnownSettings.History, false),
        ["fork"] = (KnownSettings.Fork, true),
        ["new"] = (KnownSettings.NewKey, false),
        ["inspect"] = (KnownSettings.Inspect, true),
        ["doctor"] = (KnownSettings.Doctor, false),
        ["pull"] = ([], false),
        ["push"] = (KnownSettings.Push, false),
        ["verify"] = (ReplaySettings.Verify, false),
        ["forget"] = (ReplaySettings.Forget, false),
        ["diff"] = (ReplaySettings.Diff, false),
        ["bisect"] = (ReplaySettings.Bisect, false),
        ["store"] = ([.. StoreSettings.Look, .. StoreSettings.All], false),
        ["settings"] = ([], false),
    };

    public static bool IsCommand(string word) => s_commands.ContainsKey(word);

    public static bool HasFlag(string command, string flag) =>
        flag == "help" || (flag == ConfigFlag && s_commands[command].WithFile) || Find(command, flag) is not null;

    public static Setting? Find(string command, string flag) => s_commands[command].Settings.FirstOrDefault(s => s.Flag == flag);

    public static bool AnyHasFlag(string flag) => s_commands.Keys.Any(c => HasFlag(c, flag));

    /// <summary>Whether a silo reads the variable.</summary>
    public static bool SiloReads(string variable) =>
        variable is SettingsEnvironment.SecretVariable or SettingsEnvironment.TlsPasswordVariable
        || KnownSettings.Silo.Any(s => SettingsEnvironment.Variable(s) == variable);

    /// <summary>Whether any command of a cluster reads it.</summary>
    public static bool AnyReads(string variable) =>
        SiloReads(variable)
        || KnownSettings.Submit.Concat(KnownSettings.Show).Concat(KnownSettings.Export).Any(s => SettingsEnvironment.Variable(s) == variable);
}
