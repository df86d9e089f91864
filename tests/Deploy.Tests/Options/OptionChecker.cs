using System.Text.RegularExpressions;

namespace LisaOrleans.Deploy.Tests;

/// <summary>Finds options and variables in text that lisa does not have.</summary>
internal static partial class OptionChecker
{
    // Of docker, redis-server, azurite-blob, curl, systemctl, dotnet and the Dockerfile itself. None is an option of lisa.
    private static readonly HashSet<string> s_foreign =
    [
        "appendonly", "dir", "blobHost", "blobPort", "location", "skipApiVersionCheck", "disableProductStyleUrl", "disableTelemetry", "silent",
        "build", "detach", "rm", "name", "network", "gpus", "read-only", "cap-drop", "security-opt", "volume", "env", "time", "interactive", "tty", "user",
        "show-error", "fail", "noproxy", "retry", "retry-all-errors", "header", "no-block", "configuration", "output", "from", "chmod",
        "interval", "timeout", "start-period", "retries", "resource-group", "template-file", "parameters", "global", "tool-path", "self-contained",
    ];

    private static readonly string[] s_separators = ["|", "||", "&&", ";", ">", ">>", "#", "//", "&"];

    /// <summary>What is wrong with the calls of lisa in a text.</summary>
    public static IEnumerable<string> WrongCalls(string text)
    {
        var joined = Continuation().Replace(text, " ");
        foreach (var line in joined.Split('\n'))
        {
            var words = Quoting().Replace(line, " ").Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            for (var i = 0; i < words.Length; i++)
            {
                if (!LisaCommands.IsCommand(words[i])) continue;
                var called = i > 0
                    && (words[i - 1] is "lisa" or "client" or "keys" or "--" || words[i - 1].EndsWith("/lisa", StringComparison.Ordinal));
                if (!called && !(i + 1 < words.Length && words[i + 1].StartsWith("--", StringComparison.Ordinal))) continue;
                foreach (var problem in WrongWords(words[i], words.Skip(i + 1).TakeWhile(w => !s_separators.Contains(w)).ToArray()))
                    yield return problem;
            }
        }
    }

    /// <summary>Variables that lisa does not read.</summary>
    public static IEnumerable<string> WrongVariables(string text, Func<string, bool> known) =>
        Variable().Matches(text).Select(m => m.Value).Distinct().Where(v => !known(v)).Select(v => $"lisa does not read {v}");

    /// <summary>Flags of neither lisa nor the programs that the files of deploy/ call.</summary>
    public static IEnumerable<string> WrongFlags(string text) =>
        Flag().Matches(text).Select(m => m.Groups[1].Value).Distinct().Where(f => !LisaCommands.AnyHasFlag(f) && !s_foreign.Contains(f))
            .Select(f => $"--{f} is no option of lisa, nor of a program that is known here");

    private static IEnumerable<string> WrongWords(string command, string[] words)
    {
        for (var i = 0; i < words.Length; i++)
        {
            if (!words[i].StartsWith("--", StringComparison.Ordinal)) continue;
            var parts = words[i][2..].Split('=', 2);
            if (!LisaCommands.HasFlag(command, parts[0]))
            {
                yield return $"lisa {command} has no option --{parts[0]}";
                continue;
            }

            var value = parts.Length > 1 ? parts[1] : i + 1 < words.Length ? words[i + 1] : "";
            if (LisaCommands.Find(command, parts[0])?.Choices is { } choices && !choices.Contains(value))
                yield return $"lisa {command} --{parts[0]} '{value}' is none of {string.Join(", ", choices)}";
        }
    }

    [GeneratedRegex(@"\\\n\s*")]
    private static partial Regex Continuation();

    [GeneratedRegex("""[\[\]"'`{}()]|,(?=[\s"'])""")]
    private static partial Regex Quoting();

    [GeneratedRegex(@"\bLISA_[A-Z0-9_]+")]
    private static partial Regex Variable();

    [GeneratedRegex(@"(?<![\w-])--([A-Za-z][A-Za-z0-9-]*)")]
    private static partial Regex Flag();
}
