using System.CommandLine;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>The names that people write for settings, including those of other trainers.</summary>
internal static class SettingNames
{
    /// <summary>
    /// Turns flags that other programs spell otherwise (<c>--learning_rate</c>, <c>--lr</c>) into ours, where the command has them, and
    /// gives those that stand alone their value.
    /// </summary>
    /// <param name="arguments">As they were written.</param>
    /// <param name="root">The program's commands.</param>
    public static string[] Translate(IReadOnlyList<string> arguments, Command root)
    {
        var command = root;
        foreach (var word in arguments)
        {
            if (command.Subcommands.FirstOrDefault(c => c.Name == word) is not { } next) break;
            command = next;
        }

        var translated = arguments.ToArray();
        for (var i = 0; i < translated.Length && translated[i] != "--"; i++)
        {
            if (!translated[i].StartsWith("--", StringComparison.Ordinal)) continue;
            var end = translated[i].IndexOf('=', StringComparison.Ordinal) is var at and >= 0 ? at : translated[i].Length;
            var key = translated[i][2..end].Replace('-', '_');
            if (KnownSettings.All.FirstOrDefault(s => s.IsNamed(key)) is not { } setting || !command.Options.Any(o => o.Name == "--" + setting.Flag))
                continue;
            var value = translated[i][end..];

            // The parser would take the run in `resume --take-over RUN` for the flag's value.
            var standsAlone = setting.Kind == SettingKind.Flag && command.Arguments.Count > 0 && value.Length == 0
                && !bool.TryParse(translated.ElementAtOrDefault(i + 1), out _);
            translated[i] = $"--{setting.Flag}{(standsAlone ? "=true" : value)}";
        }

        return translated;
    }

    /// <summary>What to use instead of an unknown key, as words that follow it.</summary>
    /// <param name="key">In snake case.</param>
    /// <param name="known">The command's settings.</param>
    /// <param name="spell">How a setting is written there.</param>
    public static string Advice(string key, IReadOnlyList<Setting> known, Func<Setting, string> spell) =>
        known.FirstOrDefault(s => s.Instead.Contains(key)) is { } near
            ? $"use '{spell(near)}' ({InvalidTrainingSettingException.Spell(near.Help, name => name)})"
            : OtherTrainers.Answer(key) is { } answer ? InvalidTrainingSettingException.Spell(answer, SpellFlag)
            : NearestName.Of(key, known.Select(spell)) is { } nearest ? $"did you mean '{nearest}'?" : "docs/settings.md lists all";

    /// <summary>A setting's flag.</summary>
    /// <param name="key">In snake case.</param>
    public static string SpellFlag(string key) => "--" + key.Replace('_', '-');
}
