using System.Text;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>What a run's head and its list say of its manifests is held to the manifests and the log: no hash covers a head.</summary>
public sealed class ListedManifestsTests
{
    private static readonly TrainingSpec s_spec = TinyStories.Spec(4) with { SaveSteps = 2, KeepManifests = "all" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(2)]
    [InlineData(9)]
    public async Task VerifyAsync_head_that_says_another_step_is_found(long step)
    {
        using var run = await TestRun.TrainAsync(s_spec);
        const string Path = "runs/test/head.json";
        var document = (await run.Store.GetDocumentAsync(Path, Token))!;
        var head = Encoding.UTF8.GetString(document.Content).Replace("\"Step\":4,", $"\"Step\":{step},", StringComparison.Ordinal);
        await run.Store.PutDocumentAsync(Path, Encoding.UTF8.GetBytes(head), document.ETag, Token);

        var says = $"run 'test' names the manifest of step 4 as that of step {step}";
        Assert.Equal(says, (await RunVerifier.VerifyAsync(run.Store, "test", null, null, Token)).Difference);
        var fault = Assert.Single((await StoreVerifier.VerifyAsync(run.Store, null, Token)).Faults);
        Assert.EndsWith(says, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VerifyAsync_list_that_has_another_loss_is_found()
    {
        var request = TinyStories.Request(s_spec with { EvalSteps = 2 }) with { EvalDataFile = TinyStories.Data };
        using var run = await TestRun.ImportAsync(request);
        await run.FinishAsync();
        var manifests = await RunManifests.OfAsync(run.Store, "test", Token);
        KeptManifest[] better = [.. manifests.Kept.Select(k => k.Step == 2 ? k with { EvalLoss = 0.5 } : k)];
        var list = await KeptManifests.WriteAsync(run.Store, manifests.Head.Kept, manifests.Kept, better, Token);
        Assert.True(await RunStore.TryChangeKeptAsync(run.Store, manifests.Head, list, Token));

        var difference = (await RunVerifier.VerifyAsync(run.Store, "test", null, null, Token)).Difference;
        Assert.StartsWith("step 2: evaluation loss: the list of manifests has 0.5, the log ", difference, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ImportAsync_complete_run_with_other_settings_stays_as_it_is()
    {
        var spec = s_spec;
        using var run = await TestRun.TrainAsync(spec);
        var before = await HeadAsync();
        Assert.Contains("succeeded", before, StringComparison.Ordinal);
        var again = await RunImporter.ImportAsync(run.Store, TinyStories.Request(spec with { KeepManifests = "3" }), null, Token);
        Assert.True(again.AlreadyCompleted);
        Assert.True((await RunResumption.PrepareAsync(run.Store, "test", Given.Of(("save_steps", "1")), Token)).AlreadyCompleted);
        Assert.Equal(before, await HeadAsync());

        async Task<string> HeadAsync() => Encoding.UTF8.GetString((await run.Store.GetDocumentAsync("runs/test/head.json", Token))!.Content);
    }

    // Losses fall, so with a greater one taken for better, the first that is evaluated is the best.
    [Fact]
    public async Task VerifyAsync_end_that_has_not_the_weights_of_the_best_is_found()
    {
        var spec = s_spec with { EvalSteps = 2, LoadBestModelAtEnd = true, GreaterIsBetter = true };
        using var run = await TestRun.ImportAsync(TinyStories.Request(spec) with { EvalDataFile = TinyStories.Data });
        await run.FinishAsync();
        var verified = await RunVerifier.VerifyAsync(run.Store, "test", null, null, Token);
        Assert.Null(verified.Difference);
        Assert.Equal([0L, 2, 4, 4], verified.Manifests.Select(m => m.Step));
        var session = await RunStore.AcquireAsync(run.Store, "test", new RunClaim(RunHeadStates.Succeeded), Token);
        Assert.Equal(verified.Manifests[^1].Sha256, session.Head.Manifest!.Sha256);
        using (var statement = JsonDocument.Parse(await RunAttestation.MakeAsync(run.Store, verified, Token)))
        {
            Assert.Equal(
                ["test@0", "test@2", "test@4", "test@last"],
                statement.RootElement.GetProperty("subject").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
        }

        var (worse, _) = await RunManifests.ReadAsync(run.Store, ManifestAddress.At("test", 4), Token);
        var parts = new Dictionary<string, PartState>(session.Manifest!.Parts) { ["head"] = worse.Part("head") };
        await session.CommitAsync(session.Manifest with { Parts = parts }, Token);
        Assert.Equal(
            "the last manifest has another head than the best that is kept, of step 2",
            (await RunVerifier.VerifyAsync(run.Store, "test", null, null, Token)).Difference);
    }
}
