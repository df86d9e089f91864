using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;

namespace LisaOrleans.Cli;

/// <summary>What is wrong with a command line, in one sentence.</summary>
internal static class UsageErrors
{
    /// <summary>Names the option that is not known and the one that was likely meant, or else whatever the parser says.</summary>
    public static string Describe(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;

        // Where a command takes a run's name, the parser takes an unknown option for it.
        var words = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(
            a => a.Tokens).Select(t => t.Value).Concat(parsed.UnmatchedTokens);
        if (words.FirstOrDefault(t => t.StartsWith("--", StringComparison.Ordinal)) is not { } unknown)
            return string.Join("; ", parsed.Errors.Select(e => e.Message));
        var name = unknown.Split('=')[0];
        var flag = name[2..].Replace('-', '_');
        if (KnownSettings.All.FirstOrDefault(s => s.Instead.Contains(flag) && command.Options.Any(o => o.Name == "--" + s.Flag)) is { } near)
            return $"unknown option '{name}'; {SettingNames.Advice(flag, [near], s => "--" + s.Flag)}";
        var options = command.Options.Where(o => o is not (HelpOption or VersionOption)).Select(o => o.Name).ToArray();
        if (options.Length == 0) return $"unknown option '{name}'";
        if (OtherTrainers.Answer(flag) is { } answer) return $"unknown option '{name}'; {answer}";
        var nearest = NearestName.Of(name, options) is { } meant ? $"did you mean '{meant}'? " : "";
        return $"unknown option '{name}'; {nearest}'lisa {command.Name} --help' lists all";
    }
}
