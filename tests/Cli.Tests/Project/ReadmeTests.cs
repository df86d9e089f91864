using System.Text.RegularExpressions;

namespace LisaOrleans.Cli.Tests;

/// <summary>The commands that the README and some pages promise, run: with few steps, the sample model and data for placeholders, and a
/// temporary folder for the output.</summary>
public sealed partial class ReadmeTests
{
    private const string Run = "dotnet run -c Release --project src/Cli -- ";

    public static TheoryData<string> Commands =>
        [.. ((string[])["README.md", "samples/README.md", "docs/fine-tune.md", "docs/dashboard.md"]).SelectMany(file => CodeBlock()
            .Matches(File.ReadAllText(Path.Combine(Repository.Root, file)).Replace("\\\n", " ", StringComparison.Ordinal))
            .SelectMany(block => block.Groups[1].Value.Split('\n', StringSplitOptions.TrimEntries)))
            .Where(line => line.StartsWith("lisa ", StringComparison.Ordinal) || line.StartsWith("dotnet run ", StringComparison.Ordinal))
            .Distinct()];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Page_each_of_its_commands_works(string line)
    {
        using var folder = new TempFolder();
        Assert.True(line.StartsWith(Run, StringComparison.Ordinal) || !line.StartsWith("dotnet", StringComparison.Ordinal), $"not {Run}: {line}");
        var words = Word().Matches(line.Replace(Run, "lisa ", StringComparison.Ordinal)).Select(m => m.Value.Trim('"', '\'')).Skip(1).ToList();
        await HasTheseFlags(words);
        Replace("--model", Sample.Model, onlyIfPresent: true);
        Replace("--data", Sample.Data, onlyIfPresent: true);
        Replace("--store", folder["store"], onlyIfPresent: true);
        Replace("--http-port", "0", onlyIfPresent: true);
        switch (words[0])
        {
            case "train":
                Replace("--config", Path.Combine(Repository.Root, ValueOf("--config") ?? ""), onlyIfPresent: true);
                Replace("--output", folder["out"]);
                Replace("--max-steps", "2");
                await Lisa.SucceedsAsync(words);
                Assert.Equal([1, 2], RunFolder.Steps(folder["out"]));
                break;

            case "generate":
                Assert.NotEmpty((await Lisa.SucceedsAsync(words)).Output.Trim());
                break;

            case "eval" or "plan":
                await Lisa.SucceedsAsync(words);
                break;
        }

        string? ValueOf(string flag) => words.IndexOf(flag) is >= 0 and var at ? words[at + 1] : null;

        void Replace(string flag, string value, bool onlyIfPresent = false)
        {
            if (words.IndexOf(flag) is >= 0 and var at) words[at + 1] = value;
            else if (!onlyIfPresent) words.AddRange([flag, value]);
        }
    }

    private static async Task HasTheseFlags(IReadOnlyList<string> words)
    {
        var help = (await Lisa.SucceedsAsync([.. words.TakeWhile(w => !w.StartsWith('-')).Take(words[0] == "data" ? 2 : 1), "--help"])).Output;
        foreach (var flag in words.Where(w => w.StartsWith("--", StringComparison.Ordinal)))
            Assert.Matches($"(?m)^  .*{Regex.Escape(flag)}\\b", help);
    }

    [GeneratedRegex("^```(?:bash|sh|console)?\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("""
        "[^"]*"|'[^']*'|[^\s"']+
        """)]
    private static partial Regex Word();
}
