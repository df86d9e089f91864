using LisaOrleans.Grains.Tests;

namespace LisaOrleans.Cluster.Tests;

/// <summary>Every family through the whole product, in its folders' own names and with its special features switched on.</summary>
public sealed class FamilyTests(ClusterFixture fixture) : IClassFixture<ClusterFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Families => [.. FamilyFolder.Families];

    [Theory]
    [MemberData(nameof(Families))]
    public async Task ModelFamilies_each_ends_with_the_same_bytes_on_one_silo_after_a_stop_and_on_two(string family)
    {
        using var folder = new TempFolder();
        await FamilyFolder.WriteAsync(folder["model"], family, Token);
        var spec = TinyStories.Spec(6) with
        {
            Dtype = "bfloat16",
            BlockSize = 16,
            GradientAccumulationSteps = 2,
            LisaActivatedLayers = 1,
            LisaIntervalSteps = 2,
            Replicas = "1",
        };

        using var straight = await TestRun.TrainAsync(spec, folder["model"]);
        var export = await straight.ExportAsync();
        Assert.Empty(FamilyExport.Faults(folder["model"], export, spec.Dtype));

        using var broken = await TestRun.ImportAsync(spec, folder["model"]);
        Assert.Equal(RunState.Paused, (await broken.ContinueAsync(pauseAt: 2)).State);
        await broken.FinishAsync();
        Assert.Equal(FamilyExport.Sha(export), FamilyExport.Sha(await broken.ExportAsync()));

        await TrainOnTwoSilosAsync(TinyStories.Request(spec with { RunName = family }, folder["model"]));
        await fixture.Cluster.Client.DownloadModelAsync(family, folder["two"], Token);
        Assert.Equal(FamilyExport.Sha(export), FamilyExport.Sha(folder["two"]));
    }

    private async Task TrainOnTwoSilosAsync(RunRequest request)
    {
        var run = request.Spec.RunName;
        await fixture.Cluster.Client.SubmitAsync(request, null, Token);
        var seen = new List<TrainingEvent>();
        await foreach (var happened in fixture.Cluster.Client.WatchAsync(run, null, Token)) seen.Add(happened);
        Assert.Equal(RunState.Succeeded, Assert.IsType<RunEnded>(seen[^1]).State);
        Assert.All(seen.OfType<PartsPlaced>(), placed => Assert.Equal(2, placed.Stages.Count));
    }
}
