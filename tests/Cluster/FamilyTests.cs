using LisaOrleans.Grains.Tests;

namespace LisaOrleans.Cluster.Tests;

/// <summary>Every family through the whole product, in its folders' own names and with its special features switched on.</summary>
[Collection(nameof(LivingSilos))]
public sealed class FamilyTests(ClusterFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Families => [.. FamilyFolder.Families];

    [Theory]
    [MemberData(nameof(Families))]
    public async Task ModelFamilies_each_ends_with_the_same_bytes_on_two_silos_and_on_one_after_a_stop(string family)
    {
        using var folder = new TempFolder();
        await FamilyFolder.WriteAsync(folder["model"], family, Token);
        var settings = TinyStories.Spec(5) with
        {
            Dtype = "bfloat16",
            ComputeDtype = "float32",
            BlockSize = 16,
            GradientAccumulationSteps = 2,
            LisaActivatedLayers = 1,
            LisaIntervalSteps = 2,
            Replicas = "1",
        };
        var spec = TwoRuns.Settings(settings, folder["model"]);

        // One after the other, runs would leave one of two cores without work.
        var export = "";
        await Task.WhenAll(
            TrainOnTwoSilosAsync(TinyStories.Request(spec with { RunName = family }, folder["model"]), folder["two"]),
            Task.Run(async () => export = await TrainBrokenAsync(spec, folder["model"])));
        Assert.Equal(export, FamilyExport.Sha(folder["two"]));
    }

    // Stopped within a period, so that it goes on with moments. Returns the hash of what it exports.
    private static async Task<string> TrainBrokenAsync(TrainingSpec spec, string model)
    {
        using var broken = await TestRun.ImportAsync(spec, model);
        Assert.Equal(RunState.Paused, (await broken.ContinueAsync(pauseAt: 3)).State);
        await broken.FinishAsync();
        var export = await broken.ExportAsync();
        Assert.Empty(FamilyExport.Faults(model, export, spec.Dtype));
        return FamilyExport.Sha(export);
    }

    private async Task TrainOnTwoSilosAsync(RunRequest request, string output)
    {
        var run = request.Spec.RunName;
        await fixture.Cluster.Client.SubmitAsync(request, null, Token);
        var seen = new List<TrainingEvent>();
        await foreach (var happened in fixture.Cluster.Client.WatchAsync(run, null, Token)) seen.Add(happened);
        Assert.Equal(RunState.Succeeded, Assert.IsType<RunEnded>(seen[^1]).State);
        Assert.All(seen.OfType<PartsPlaced>(), placed => Assert.Equal(2, placed.Stages.Count));
        await fixture.Cluster.Client.DownloadModelAsync(run, output, Token);
    }
}
