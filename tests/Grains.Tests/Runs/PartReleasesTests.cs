using LisaOrleans.Training;
using Microsoft.Extensions.Logging.Abstractions;

namespace LisaOrleans.Grains.Tests;

public sealed class PartReleasesTests
{
    // The notice that breaks a load off comes again and again where silos come and go: what was loaded must be neither forgotten nor kept.
    [Fact]
    public async Task Loaded_parts_from_before_a_load_that_was_broken_off_are_handed_over_and_let_go_of()
    {
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "moved" });
        var silos = new RunSilos("moved", parts.Grains, new OneLiveSilo(parts.Address), TimeProvider.System, NullLogger.Instance);
        var releases = new PartReleases("moved", TimeProvider.System, NullLogger.Instance);
        var (brokenOff, next) = (Elsewhere("127.0.0.1:1@1"), Elsewhere("127.0.0.1:2@2"));

        Assert.Equal(parts.Address, releases.Begin(parts.Pipeline.Stages.Stages, silos)?.FindSilo(PartName.Head));
        Assert.Equal(parts.Address, releases.Begin(brokenOff.Stages, silos)?.FindSilo(PartName.Head));
        Assert.NotEqual(0, (await parts.Part(PartName.Head).GetMemory()).Weights + (await parts.Part(PartName.Layer(3)).GetMemory()).Weights);
        await releases.ReleaseBefore(new Pipeline(parts.Grains, parts.Plan, next, generation: 3, new SiloSpeeds()), silos);
        foreach (var name in parts.Plan.Parts) Assert.Equal(0, (await parts.Part(name).GetMemory()).Weights);

        // From here on only what is loaded now is known.
        Assert.Empty(releases.Begin(next.Stages, silos)?.Stages ?? []);

        StagePlan Elsewhere(string silo) => new([new SiloStage(silo, parts.Plan.Parts)]);
    }

    [Fact]
    public async Task Release_of_a_run_that_ends_while_its_parts_move_lets_go_of_them_where_they_were()
    {
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "ended" });
        var run = new StoredRun(parts.Store, "ended", cluster: null, TimeProvider.System, NullLogger.Instance);
        var placement = new RunPlacement(run, parts.Address, parts.Grains, new OneLiveSilo(parts.Address), TimeProvider.System, NullLogger.Instance);
        await run.Take(TestContext.Current.CancellationToken);
        placement.Place(parts.Pipeline.Stages, generation: 1);
        placement.Place(new StagePlan([new SiloStage("127.0.0.1:1@1", parts.Plan.Parts)]), generation: 2);

        Assert.NotEqual(0, (await parts.Part(PartName.Head).GetMemory()).Weights);
        await placement.Release();
        foreach (var name in parts.Plan.Parts) Assert.Equal(0, (await parts.Part(name).GetMemory()).Weights);
    }

    private sealed class OneLiveSilo(string address) : IClusterView
    {
        public string? ClusterId => "test";

        public IReadOnlyList<TrainingSilo> TrainingSilos() => [new TrainingSilo(address, 0, 1)];

        public IReadOnlyList<SiloMember> Members() => [];
    }
}
