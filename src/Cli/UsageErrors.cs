using System.CommandLine;
using System.CommandLine.Parsing;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>What is wrong with a command line, in one sentence.</summary>
internal static class UsageErrors
{
    private const string HelpFlag = "--help";

    // As Hugging Face's parser names the opposite of a flag.
    private const string Negation = "no_";

    /// <summary>Names the option that is not known and the one that was likely meant, or else whatever the parser says.</summary>
    public static string Describe(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (command.Subcommands.Count > 0 && parsed.UnmatchedTokens.FirstOrDefault(t => !IsOption(t)) is { } word)
        {
            var meant = NearestName.Of(word, command.Subcommands.Select(c => c.Name)) is { } nearby ? $"did you mean '{nearby}'? " : "";
            return $"unknown command '{word}'; {meant}'{PathOf(command)} {HelpFlag}' lists all";
        }

        if (command.Subcommands.Count > 0 && !Words(parsed).Concat(parsed.UnmatchedTokens).Any())
            return $"a command is missing; '{PathOf(command)} {HelpFlag}' lists all";

        if (Words(parsed).Concat(parsed.UnmatchedTokens).FirstOrDefault(IsOption) is not { } unknown)
        {
            return parsed.UnmatchedTokens.FirstOrDefault() is { } surplus
                ? $"'{surplus}' belongs to no option; several values of one have commas between them, and '{PathOf(command)} {HelpFlag}' lists all"
                : string.Join("; ", parsed.Errors.Select(e => e.Message.TrimEnd('.')));
        }

        var name = unknown.Split('=')[0];
        var flag = name.TrimStart('-').Replace('-', '_');
        if (KnownSettings.All.FirstOrDefault(s => s.Instead.Contains(flag) && command.Options.Any(o => o.Name == "--" + s.Flag)) is { } near)
            return $"unknown option '{name}'; {SettingNames.Advice(flag, [near], s => "--" + s.Flag)}";
        if (flag.StartsWith(Negation, StringComparison.Ordinal)
            && KnownSettings.All.FirstOrDefault(s => s.Kind == SettingKind.Flag && s.IsNamed(flag[Negation.Length..])) is { } negated
            && command.Options.Any(o => o.Name == "--" + negated.Flag))
            return $"unknown option '{name}'; use '--{negated.Flag} false'";
        if (command.Options.Any(o => o.Name == name)) return $"'{name}' stands behind '--', where all are words and none is an option";
        var options = command.Options.Where(o => o is not VersionOption).Select(o => o.Name).Append(HelpFlag).Distinct().ToArray();
        if (options.Length == 1) return $"unknown option '{name}'";
        if (OtherTrainers.Answer(flag) is { } answer)
            return $"unknown option '{name}'; {InvalidTrainingSettingException.Spell(answer, SettingNames.SpellFlag)}";
        var nearest = name.StartsWith("--", StringComparison.Ordinal) ? NearestName.Of(name, options) : null;
        return $"unknown option '{name}'; {(nearest is null ? "" : $"did you mean '{nearest}'? ")}'{PathOf(command)} {HelpFlag}' lists all";
    }

    /// <summary>
    /// Whether the parser took an unknown option for a word that the command wants, such as a run's name. Behind <c>--</c> all are words.
    /// </summary>
    public static bool TakesOptionForWord(ParseResult parsed, string[] arguments) => !arguments.Contains("--") && Words(parsed).Any(IsOption);

    private static IEnumerable<string> Words(ParseResult parsed) =>
        parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Select(t => t.Value);

    private static bool IsOption(string word) => word.StartsWith('-') && word.Length > 1;

    private static string PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent && command is not RootCommand ? $"{PathOf(parent)} {command.Name}" : "lisa";
}
