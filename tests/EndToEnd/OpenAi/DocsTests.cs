using System.Diagnostics;
using System.Text.RegularExpressions;

namespace LisaOrleans.EndToEnd;

/// <summary>The programs of docs/http-api.md, as they stand there but for addresses, keys and files. (Its commands: PagesTests.)</summary>
public sealed partial class DocsTests
{
    private const string Address = "http://127.0.0.1:8080";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Page_program_in_javascript_runs()
    {
        using var folder = new TempFolder();
        await using var server = await ApiServer.StartAsync();
        var output = await NodePackage.RunTextAsync("docs.mjs", Localize(Block("javascript"), server, folder), ("OPENAI_API_KEY", server.WriteKey));
        Assert.Matches(@"(?m)^ft:tiny-stories:lisa:animals:\w+$", output);
    }

    [Fact]
    public async Task Page_program_in_python_runs()
    {
        Assert.SkipUnless(await RunAsync("python3", ["-c", "import openai"]) is { Code: 0 }, "python3 has no package openai (pip install openai)");
        using var folder = new TempFolder();
        await using var server = await ApiServer.StartAsync();
        var (code, output) = await RunAsync(
            "python3", ["-c", Localize(Block("python"), server, folder).Replace("lisa-…", server.WriteKey, StringComparison.Ordinal)]);
        Assert.True(code == 0, output);
        Assert.Contains("Validating training file", output, StringComparison.Ordinal);
    }

    private static string Block(string language) => CodeBlock()
        .Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "http-api.md")))
        .First(b => b.Groups["language"].Value == language).Groups["code"].Value;

    private static string Localize(string text, ApiServer server, TempFolder folder) => text
        .Replace(Address, server.Address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)
            .Replace("data.jsonl", ShortData.Write(folder), StringComparison.Ordinal);

    private static async Task<(int Code, string Output)> RunAsync(string program, IEnumerable<string> arguments)
    {
        try
        {
            using var process = System.Diagnostics.Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var error = process.StandardError.ReadToEndAsync(Token);
            var output = await process.StandardOutput.ReadToEndAsync(Token);
            await process.WaitForExitAsync(Token);
            return (process.ExitCode, output + await error);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (-1, e.Message);
        }
    }

    [GeneratedRegex(@"```(?<language>\w+)\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
