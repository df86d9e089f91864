using System.Text.Json;

namespace LisaOrleans.Training.Tests;

public sealed class DerivedSettingsTests
{
    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(0, 3, 3)]
    [InlineData(0, 16, 4)]
    [InlineData(7, 3, 7)]
    public void Resolve_lanes_of_a_new_run_are_its_micro_batches_and_at_most_four(int given, int microBatches, int expected) =>
        Assert.Equal(expected, Resolve(TinyStories.Spec(1) with { GradientAccumulationSteps = microBatches, GradientLanes = given }).GradientLanes);

    // Its settings have no lanes, and its gradients were summed one after the other.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Resolve_run_from_before_there_were_lanes_goes_on_with_one(int given)
    {
        var spec = TinyStories.Spec(1) with { GradientAccumulationSteps = 8, GradientLanes = given };
        var json = JsonSerializer.SerializeToNode(spec)!.AsObject();
        json.Remove(nameof(TrainingSpec.GradientLanes));
        var began = json.Deserialize<TrainingSpec>()!;
        var resolved = Resolve(spec, began);
        Assert.Equal((1, 1), (GradientLanes.Of(began), GradientLanes.Of(resolved)));
        Assert.Empty(SpecComparison.Differences(began, resolved));
        Assert.Equal(
            ["gradient_lanes: was 0, now 2"], SpecComparison.Differences(began, Resolve(spec with { GradientLanes = 2 }, began)));
    }

    [Fact]
    public void Resolve_run_that_is_resumed_keeps_its_lanes()
    {
        var began = Resolve(TinyStories.Spec(1) with { GradientAccumulationSteps = 8, GradientLanes = 2 });
        Assert.Equal(2, Resolve(TinyStories.Spec(1) with { GradientAccumulationSteps = 8 }, began).GradientLanes);
    }

    [Fact]
    public void Order_each_lane_is_finished_before_the_next()
    {
        Assert.Equal([0, 4, 8, 1, 5, 9, 2, 6, 3, 7], GradientLanes.Order(10, 4));
        Assert.Equal([0, 1, 2], GradientLanes.Order(3, 1));
        Assert.Equal([0, 1], GradientLanes.Order(2, 5));
    }

    private static TrainingSpec Resolve(TrainingSpec spec, TrainingSpec? began = null) =>
        DerivedSettings.Resolve(spec, TinyStories.Config, weightsDtype: null, threads: 1, began);
}
