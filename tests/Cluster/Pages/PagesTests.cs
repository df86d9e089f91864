namespace LisaOrleans.Cluster.Tests;

/// <summary>
/// The commands of the README and of all pages, followed in a fresh clone as they stand there: in the pages' order, one shell for
/// pages that build on each other.
/// </summary>
public sealed class PagesTests(ITestOutputHelper output)
{
    private const string Readme = "README.md";

    // What pages build on each other; in each walk lisa is found as the README says, whose own walk comes first: it builds lisa.
    private static readonly string[][] s_walks =
    [
        [Readme, "samples/README.md"],
        ["docs/fine-tune.md", "docs/methods.md", "docs/history.md", "docs/scale.md", "docs/dashboard.md"],
        ["docs/cluster.md", "docs/client.md", "docs/http-api.md", "docs/completions.md", "docs/operations.md", "docs/tls.md"],
    ];

    // What cannot be run here: the first command of its block, and the words by which the page tells its reader why.
    private static readonly (string Page, string First, string Says)[] s_notRun =
    [
        (Readme, "./test.sh", "all tests"),
        ("docs/deploy.md", "dotnet pack", "takes a minute"),
        ("docs/deploy.md", "lisa silo --host 10.0.0.5", "every machine"),
        ("docs/deploy.md", "docker build", "Docker"),
        ("docs/deploy.md", "deploy/make-secrets.sh", "Docker"),
        ("docs/deploy.md", "deploy/make-secrets.sh deploy/secrets", "Kubernetes"),
        ("docs/deploy.md", "az group create", "Azure subscription"),
        ("docs/deploy.md", "sudo lisa submit", "control machine"),
        ("docs/operations.md", "export AWS_ACCESS_KEY_ID", "a bucket of your own"),
        ("docs/tls.md", "lisa silo --host 10.0.0.5", "every machine"),
        ("docs/reliability.md", "dotnet run -c Release --project bench -- chaos", "minutes"),
        ("docs/reliability.md", "dotnet run -c Release --project bench -- chaos 100", "minutes"),
        ("docs/reliability.md", "dotnet run -c Release --project bench -- fencing", "minutes"),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Page_each_block_is_run_or_says_why_not()
    {
        var left = s_notRun.ToList();
        foreach (var block in PageBlock.Pages.SelectMany(PageBlock.Of))
        {
            var first = block.Commands.First();
            var exception = left.FindIndex(e => e.Page == block.Page && first.StartsWith(e.First, StringComparison.Ordinal));
            if (exception < 0)
            {
                Assert.True(s_walks.Any(w => w.Contains(block.Page)), $"{block.Page} is in no walk, so that '{first}' is not run");
                continue;
            }

            Assert.Contains(left[exception].Says, block.Before, StringComparison.Ordinal);
            left.RemoveAt(exception);
        }

        Assert.Empty(left);
    }

    [Fact]
    public async Task Page_each_of_its_commands_works_in_a_fresh_clone()
    {
        Assert.SkipUnless(
            await FreshClone.IsPossibleAsync(Token),
            "THE COMMANDS OF THE PAGES WERE NOT RUN: that needs Linux with user namespaces (unshare, ip), curl, redis-server and redis-cli");
        using var clone = new FreshClone();

        var first = await WalkAsync(clone, s_walks[0]);
        Assert.Contains("600 steps", first, StringComparison.Ordinal);
        Assert.True(File.Exists(clone["out/quickstart/model.safetensors"]), first);

        // On machines of their own, so at one time.
        var texts = await Task.WhenAll(s_walks[1..].Select(pages => WalkAsync(clone, pages)));
        var (alone, cluster) = (texts[0], texts[1]);
        Assert.True(File.Exists(clone["out/my-model/model.safetensors"]), alone);
        Assert.True(File.Exists(clone["out/merged/model.safetensors"]), alone);
        Assert.Contains("default-Q8_0.gguf", alone, StringComparison.Ordinal);
        Assert.Contains("a manifest was saved", alone, StringComparison.Ordinal);

        Assert.True(File.Exists(clone["out/first/model.safetensors"]), cluster);
        Assert.Contains("\"run\":\"second\"", cluster, StringComparison.Ordinal);
        Assert.Equal(40, Lines(cluster).Count(
            l => l.StartsWith("data: ", StringComparison.Ordinal) && l.Contains("\"$type\":\"step\"", StringComparison.Ordinal)));
        Assert.Contains("\"object\":\"fine_tuning.job.event\"", cluster, StringComparison.Ordinal);
        Assert.Contains("\"object\":\"text_completion\"", cluster, StringComparison.Ordinal);
        Assert.Equal(2, Lines(cluster).Count(l => l == "data: [DONE]"));
    }

    private static string[] Lines(string text) => text.Split('\n');

    private static bool IsRun(PageBlock block) =>
        !s_notRun.Any(e => e.Page == block.Page && block.Commands.First().StartsWith(e.First, StringComparison.Ordinal));

    private async Task<string> WalkAsync(FreshClone clone, string[] pages)
    {
        var path = PageBlock.Of(Readme).Where(b => b.Code.Contains("export PATH", StringComparison.Ordinal));
        var blocks = pages.SelectMany(PageBlock.Of).Where(IsRun);
        var (code, text) = await clone.RunAsync(PageScript.Of(pages.Contains(Readme) ? blocks : path.Concat(blocks)), Token);
        output.WriteLine(text);
        Assert.True(code == 0, text);
        return text;
    }
}
