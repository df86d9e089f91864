namespace LisaOrleans.Training.Tests;

/// <summary>Runs of six steps of ten seconds, with a manifest every second step, against timelines that are worked out by hand.</summary>
public sealed class RunSimulationTests
{
    private const double Step = 10;
    private const int Steps = 6;

    private static readonly ClusterChange[] s_two = [Join("a"), Join("b")];

    [Fact]
    public void Run_undisturbed_is_one_load_and_its_steps()
    {
        var result = Run([.. s_two]);
        Assert.Equal((Steps, SimulatedRuns.Restart + (Steps * Step), 0, 0), (result.Steps, result.Seconds, result.Moves, result.Recoveries));
        Assert.Equal((Steps * Step, SimulatedRuns.Restart), (result.Spent[SimulatedTime.Training], result.Spent[SimulatedTime.Loading]));
        Assert.Equal(3, result.Saves);
    }

    // Step 5 is committed at 51 and in no manifest; it and what there is of step 6 are done again.
    [Fact]
    public void Run_kill_costs_its_detection_a_load_and_the_steps_since_the_last_manifest()
    {
        var result = Run([.. s_two, new ClusterChange(55, ClusterChangeKind.Kill, "b")]);
        Assert.Equal((Steps, 1L, 1), (result.Steps, result.LostSteps, result.Recoveries));
        Assert.Equal(55 + SimulatedRuns.Detection + SimulatedRuns.Restart + (2 * Step), result.Seconds);
        Assert.Equal(Step + 4, result.Spent[SimulatedTime.Repeated], 9);
        Assert.Equal(SimulatedRuns.Detection, result.Spent[SimulatedTime.Detecting], 9);
        Assert.Equal(result.Seconds, result.Spent.Values.Sum(), 9);
    }

    [Fact]
    public void Run_kill_of_the_silo_with_the_runs_grain_also_costs_its_waking()
    {
        var (other, leader) = (Run([.. s_two, new(55, ClusterChangeKind.Kill, "b")]), Run([.. s_two, new(55, ClusterChangeKind.Kill, "a")]));
        Assert.Equal(other.Seconds + SimulatedRuns.Wake, leader.Seconds);
    }

    [Fact]
    public void Run_kill_during_a_recovery_begins_another_one()
    {
        ClusterChange[] three = [.. s_two, Join("c")];
        var result = Run([.. three, new(55, ClusterChangeKind.Kill, "b"), new(57, ClusterChangeKind.Kill, "c")]);
        Assert.Equal((Steps, 1L), (result.Steps, result.LostSteps));
        Assert.Equal(57 + SimulatedRuns.Detection + SimulatedRuns.Restart + (2 * Step), result.Seconds);
    }

    // The step under way ends at 51.
    [Fact]
    public void Run_notice_costs_a_load_at_the_next_boundary_and_no_step()
    {
        var result = Run([.. s_two, new(45, ClusterChangeKind.Notice, "b")], notice: 30);
        Assert.Equal((0L, 1, 0), (result.LostSteps, result.Moves, result.Recoveries));
        Assert.Equal((2 * SimulatedRuns.Restart) + (Steps * Step), result.Seconds);
    }

    // The machine is gone at 46, before the boundary at 51.
    [Fact]
    public void Run_notice_that_is_too_short_is_a_kill() =>
        Assert.Equal((1, 1), Run([.. s_two, new(45, ClusterChangeKind.Notice, "b")], notice: 1) is var r ? (r.Notices, r.Recoveries) : default);

    // It is prepared from the boundary at 31 on, and taken in at 41.
    [Fact]
    public void Run_join_is_taken_in_at_the_boundary_after_the_one_at_which_it_began_to_load()
    {
        var result = Run([Join("a"), Join("b", 25)]);
        Assert.Equal((0L, 1), (result.LostSteps, result.Moves));
        Assert.Equal((2 * SimulatedRuns.Restart) + (Steps * Step), result.Seconds);
    }

    // What does not train is loaded in 15 seconds, while steps go on; it is taken in at 51, and only the rest stops the run.
    [Fact]
    public void Run_join_stops_the_run_only_for_what_trains()
    {
        var costs = Planner(Spec, SimulatedRuns.Instant).Costs;
        var frozen = costs.Parts.Where(p => !p.Trains).Sum(p => p.WeightBytes);
        var cluster = SimulatedRuns.Instant with { LinkBytesPerSecond = frozen / 15 };
        var moments = new List<RunMoment>();
        var planner = new RunPlanner(TinyStories.Config, Spec, cluster, _ => new StepTiming(Step, Step));
        new RunSimulation(planner, [Join("a"), Join("b", 25)], Steps, 1000, moments.Add).Run();
        var (one, two) = (planner.Plan([("a#1", 0)])!.Plan, planner.Plan([("a#1", 0), ("b#1", 0)])!.Plan);
        Assert.Equal(2, two.Replicas);
        var owned = costs.Parts.Where(p => p.Trains && two.OwnerOf(p.Name) == 1).Sum(p => p.WeightBytes + p.StateBytes);
        var sent = costs.Parts.Where(p => p.Trains && two.OwnerOf(p.Name) == 0).Sum(p => p.TrainedBytes);
        var loads = SimulatedRuns.Restart + ((owned + sent) / cluster.LinkBytesPerSecond);
        Assert.Equal([1, 51 + loads], moments.Where(m => m.Kind == RunMomentKind.Loaded).Select(m => m.At), (a, b) => Math.Abs(a - b) < 1e-9);
        Assert.Equal(61 + loads, moments[^1].At, 9);
        Assert.False(one.SameAs(two));
    }

    [Fact]
    public void Run_machine_that_comes_back_before_the_others_know_that_it_was_gone_is_another_silo()
    {
        var killed = Run([.. s_two, new(55, ClusterChangeKind.Kill, "b"), Join("b", 55.5)]);
        Assert.Equal((Steps, 1L, 1), (killed.Steps, killed.LostSteps, killed.Recoveries));

        // The notice's end, at 75, is not the new one's.
        var left = Run([.. s_two, new(45, ClusterChangeKind.Notice, "b"), Join("b", 46)], notice: 30);
        Assert.Equal((Steps, 0L, 0, 3), (left.Steps, left.LostSteps, left.Kills, left.Joins));
    }

    [Fact]
    public void Run_kill_of_an_idle_silo_costs_nothing()
    {
        ClusterChange[] silos = [.. Enumerable.Range(0, TinyStories.Layers + 1).Select(i => Join($"{i}"))];
        var spec = Spec with { Replicas = "1" };
        Assert.Equal(
            Run([.. silos], spec: spec).Seconds, Run([.. silos, new(25, ClusterChangeKind.Kill, $"{TinyStories.Layers}")], spec: spec).Seconds);
    }

    [Fact]
    public void Run_without_silos_waits_for_some()
    {
        var result = Run([Join("a"), new(15, ClusterChangeKind.Kill, "a"), Join("b", 100)]);
        Assert.Equal((Steps, 1L), (result.Steps, result.LostSteps));
        Assert.Equal(100 + SimulatedRuns.Restart + (Steps * Step), result.Seconds);
        Assert.Equal(100 - 15 - SimulatedRuns.Detection - SimulatedRuns.Wake, result.LongestWait, 9);
    }

    // 1 s of copying after step 2 and 3 s of upload.
    [Fact]
    public void Run_manifest_on_its_way_is_lost_with_its_silo()
    {
        var bytes = Planner(Spec, SimulatedRuns.Instant).Costs.Parts.Sum(p => p.StateBytes);
        var slow = SimulatedRuns.Instant with { CopyBytesPerSecond = bytes, StoreBytesPerSecond = bytes / 3 };
        var committed = 0.0;
        new RunSimulation(new RunPlanner(TinyStories.Config, Spec, slow, _ => new StepTiming(Step, Step)), [Join("a")], Steps, 1000, moment =>
        {
            if (moment is { Kind: RunMomentKind.Committed, Step: 2 }) committed = moment.At;
        }).Run();
        Assert.Equal((2L, 0L), (Lost(committed + 3.5), Lost(committed + 4.5)));

        long Lost(double at) => Run([Join("a"), new(at, ClusterChangeKind.Kill, "a"), Join("b", at)], cluster: slow).LostSteps;
    }

    // It holds no parts, but nobody else could make the manifest the run's last one.
    [Fact]
    public void Run_manifest_on_its_way_is_lost_with_the_runs_grain_on_a_silo_that_stands_by()
    {
        ClusterChange[] silos = [.. Enumerable.Range(0, TinyStories.Layers + 1).Select(i => Join($"{i}"))];
        var spec = Spec with { Replicas = "1" };
        var bytes = Planner(spec, SimulatedRuns.Instant).Costs.Parts.Sum(p => p.StateBytes);
        var slow = SimulatedRuns.Instant with { CopyBytesPerSecond = bytes, StoreBytesPerSecond = bytes / 3 };
        var moments = new List<RunMoment>();
        var planner = new RunPlanner(TinyStories.Config, spec, slow, _ => new StepTiming(Step, Step));
        new RunSimulation(planner, silos, Steps, 1000, moments.Add).Run();
        var committed = moments.Single(m => m is { Kind: RunMomentKind.Committed, Step: 2 }).At;
        var saved = moments.Single(m => m is { Kind: RunMomentKind.Saved, Step: 2 }).At;
        var between = (committed + saved) / 2;
        Assert.Equal((2L, 0L, 0L), (Lost(between, leads: true), Lost(between, leads: false), Lost(saved + 1, leads: true)));

        long Lost(double at, bool leads) => Run(
            [.. silos, new(at, ClusterChangeKind.Kill, $"{TinyStories.Layers}") { Leads = leads }], spec: spec, cluster: slow).LostSteps;
    }

    [Theory]
    [InlineData("g4dn-trace.csv", 24, 0)]
    [InlineData("g4dn-trace.csv", 6, 30)]
    [InlineData("p3-trace.csv", 1000, 120)]
    [InlineData("p3-trace.csv", 1000, 0)]
    public void Run_trace_ends_and_never_loses_a_manifest(string file, int silos, double notice)
    {
        var trace = SpotTrace.Read(TestAssets.Require("spot-traces", file));
        var spec = TinyStories.Spec(1) with { GradientAccumulationSteps = 16, GradientLanes = 16, SaveSteps = 10 };
        var cluster = new ClusterShape
        {
            Machines = [new MachineKind(silos, OnGpu: false, 0, 5e7)],
            NoticeSeconds = notice,
        };
        var planner = Planner(spec, cluster);
        var moments = new List<RunMoment>();
        var changes = TraceSchedule.Of(trace, cluster, seed: 1);
        var result = new RunSimulation(planner, changes, long.MaxValue, changes[^1].At, moments.Add).Run();

        // The same once more, by a planner that has forgotten everything.
        var again = new RunSimulation(Planner(spec, cluster), TraceSchedule.Of(trace, cluster, seed: 1), long.MaxValue, changes[^1].At).Run();
        Assert.Equal(result with { Spent = again.Spent }, again);
        Assert.Equal(result.Spent, again.Spent);

        Assert.Equal(changes[^1].At, result.Seconds);
        Assert.Equal(result.Seconds, result.Spent.Values.Sum(), 3);
        Assert.All(result.Spent.Values, seconds => Assert.True(seconds >= -1e-6));
        var (step, saved, lost) = (0L, 0L, 0L);
        foreach (var moment in moments)
        {
            switch (moment.Kind)
            {
                case RunMomentKind.Committed:
                    Assert.Equal(++step, moment.Step);
                    break;
                case RunMomentKind.Saved:
                    Assert.InRange(moment.Step, saved + 1, step);
                    saved = moment.Step;
                    break;
                case RunMomentKind.WentBack:
                    Assert.Equal(saved, moment.Step);
                    lost += step - saved;
                    step = saved;
                    break;
            }
        }

        Assert.Equal((result.Steps, result.LostSteps), (step, lost));
        Assert.True(result.Steps > 100, $"{result}");
        Assert.InRange(result.Share, 0.05, 1.05);
    }

    private static TrainingSpec Spec => TinyStories.Spec(Steps) with { GradientAccumulationSteps = 4, GradientLanes = 4, SaveSteps = 2 };

    private static ClusterChange Join(string silo, double at = 0) => new(at, ClusterChangeKind.Join, silo);

    private static SimulationResult Run(ClusterChange[] changes, double notice = 0, TrainingSpec? spec = null, ClusterShape? cluster = null)
    {
        var planner = new RunPlanner(
            TinyStories.Config, spec ?? Spec, (cluster ?? SimulatedRuns.Instant) with { NoticeSeconds = notice }, _ => new StepTiming(Step, Step));
        return new RunSimulation(planner, changes, Steps, horizon: 10_000).Run();
    }

    private static RunPlanner Planner(TrainingSpec spec, ClusterShape cluster) => new(TinyStories.Config, spec, cluster);
}
