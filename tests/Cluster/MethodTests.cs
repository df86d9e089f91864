using LisaOrleans.Grains.Tests;
using LisaOrleans.Training;

namespace LisaOrleans.Cluster.Tests;

/// <summary>Every way to train has the same bytes on one silo, and on three of which one is killed on the way.</summary>
[Collection(nameof(KilledSilos))]
public sealed class MethodTests(KilledSilosFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("--method badam --badam-switch-interval 4")]
    [InlineData("--method lora --lora-dropout 0.1 --use-dora true --lora-target-modules all-linear")]
    [InlineData("--lisa-strategy gradient-norm --lisa-interval-steps 4")]
    [InlineData("--lisa-strategy outlier --lisa-interval-steps 4 --optim apollo --apollo-rank 8 --apollo-update-proj-gap 3")]
    [InlineData("--lisa-keep-optimizer-state true --lisa-interval-steps 2 --lisa-activated-layers 3 --dtype bfloat16 --compute-dtype float32")]
    [InlineData("--method galore --galore-rank 8 --galore-update-proj-gap 5")]
    [InlineData("--frozen-weights mapped --lisa-interval-steps 4 --dtype bfloat16 --compute-dtype float32")]
    [InlineData("--frozen-weights int8 --lisa-interval-steps 4")]
    [InlineData("--frozen-weights nf4 --lisa-interval-steps 4")]
    [InlineData("--objective dpo --lisa-interval-steps 4")]
    [InlineData("--objective orpo --lisa-interval-steps 4")]
    public async Task Run_whose_silo_is_killed_goes_on_with_the_bytes_of_one_silo(string method)
    {
        var (cluster, request) = (fixture.Cluster, Request(method));
        var run = request.Spec.RunName;
        using var folder = new TempFolder();
        await fixture.RestartAsync();
        await cluster.Client.SubmitAsync(request, null, Token);
        var status = await RunProgress.UntilAsync(cluster, run, s => s.Step >= 8 && s.Stages.Count == 3);
        var owner = await cluster.OwnerAsync(run);
        await cluster.Silos.First(s => s.Address != owner).KillAsync();

        // Past the end of the period in which it was killed.
        await RunProgress.UntilAsync(cluster, run, s => s.Generation > status.Generation && s.Step > status.Step + 4);
        var records = await TwoRuns.PauseAsync(cluster, run, folder.Root);
        using var undisturbed = await TestRun.ImportAsync(request);
        Assert.Equal(RunState.Paused, (await undisturbed.ContinueAsync(pauseAt: records.Count)).State);
        await TwoRuns.AssertEqualAsync(undisturbed, records, folder.Root);
    }

    // Settings as they stand in a command.
    private static RunRequest Request(string method)
    {
        var given = new GivenSettings();
        foreach (var option in method.Split("--", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (name, value) = (option.Split(' ')[0], option.Split(' ')[1]);
            var setting = RunSettings.Table.Find(name.Replace('-', '_'))!;
            given.Set(setting, setting.Parse(value));
        }

        // Full fine-tuning's leave all that is LISA's as it is by default.
        var spec = TinyStories.FullSpec(1_000_000) with
        {
            RunName = $"killed-{Guid.NewGuid():N}",
            Method = TrainingMethods.Lisa,
            LrSchedulerType = "constant",
            GradientAccumulationSteps = 2,
            Replicas = "1",
        };
        spec = given.Into(spec);
        return TinyStories.Request(TwoRuns.Settings(spec)) with
        {
            DataFile = spec.Objective == TrainingObjectives.Sft ? TinyStories.Data : TinyStories.Pairs,
        };
    }
}
