using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;

namespace LisaOrleans.Api.Tests;

/// <summary>The calls of docs/completions.md, made by curl to a silo like that of <c>lisa train --http-port</c>.</summary>
public sealed partial class DocumentedCompletionsTests
{
    private const string Address = "http://127.0.0.1:8080/";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnswerAsync_calls_of_the_page_are_answered()
    {
        Assert.SkipUnless(
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(f => File.Exists(Path.Combine(f, "curl"))),
            "curl not found");
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "completions.md"), Token);
        var calls = CodeBlock().Match(page).Groups[1].Value.Replace(
            "\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, calls.Length);

        using var folder = new TempFolder();
        await using var silo = await EmbeddedSilo.StartAsync(
            new EmbeddedSiloOptions
            {
                Store = new FolderBlobStore(folder["store"]),
                HttpPort = 0,
                Http = new ApiServer(new ApiServerOptions { ModelsFolder = CompletionServer.Samples.ModelsFolder }),
            },
            Token);
        var text = JsonElement.Parse(await RunAsync(calls[0]));
        Assert.Equal("text_completion", text.GetProperty("object").GetString());
        Assert.NotEqual("", text.GetProperty("choices")[0].GetProperty("text").GetString());
        var events = (await RunAsync(calls[1])).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("data: [DONE]", events[^1]);
        Assert.True(events.Length > 3);

        async Task<string> RunAsync(string call)
        {
            Assert.Contains(Address, call, StringComparison.Ordinal);
            var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true };
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(call.Replace(Address, silo.HttpAddress!.ToString(), StringComparison.Ordinal));
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync(Token);
            var output = await process.StandardOutput.ReadToEndAsync(Token);
            await process.WaitForExitAsync(Token);
            Assert.True(process.ExitCode == 0, $"{call}\n{await error}");
            return output;
        }
    }

    [GeneratedRegex("^```bash\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
