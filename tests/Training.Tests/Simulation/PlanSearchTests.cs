namespace LisaOrleans.Training.Tests;

public sealed class PlanSearchTests
{
    private static readonly TrainingSpec s_spec = TinyStories.Spec(1) with { GradientAccumulationSteps = 12, GradientLanes = 6 };

    // Links of which more replicas ask too much before there are as many as lanes.
    private static readonly ClusterShape s_cluster = new()
    {
        Machines = [new MachineKind(40, OnGpu: false, 0, 1e9)],
        LinkBytesPerSecond = 3e6,
    };

    [Fact]
    public void Best_more_machines_of_a_kind_never_have_longer_steps_and_those_that_would_stand_by()
    {
        var (search, before) = (Search(s_cluster), (PlannedRun?)null);
        foreach (var count in Enumerable.Range(1, s_cluster.Count))
        {
            var best = search.Best(Silos(count), held: null)!;
            if (before is not null) Assert.InRange(best.Timing.Seconds, 0, before.Timing.Seconds);
            before = best;
        }

        Assert.InRange(before!.Plan.Stages.Count, 2, s_cluster.Count - 1);

        // The planner that knows neither links nor speeds uses more of them, for longer steps.
        var own = ReplicaPlanner.Plan(TinyStories.Config, s_spec, s_cluster.SilosOf(Silos(s_cluster.Count), s_spec));
        var seconds = new StepSimulation(StepCosts.Of(TinyStories.Config, s_spec), own, _ => 1e9, s_cluster).Timing().Seconds;
        Assert.True(own.Stages.Count > before.Plan.Stages.Count && seconds > before.Timing.Seconds, $"{own.Stages.Count} {seconds}");
    }

    [Fact]
    public void Best_is_the_shortest_of_all_choices_and_equal_silos_give_equal_plans()
    {
        foreach (var link in (double[])[1e6, 2e7, 1e9])
        {
            var cluster = s_cluster with { Machines = [new(4, false, 0, 1e9), new(3, false, 0, 5e8)], LinkBytesPerSecond = link };
            (string Name, int Kind)[] silos = [.. Enumerable.Range(0, 7).Select(i => ($"silo-{i}", cluster.KindOf(i)))];
            var search = Search(cluster);
            var best = search.Best(silos, held: null)!;
            var choices = search.ChoicesOf([.. silos.Select(s => s.Kind)]);
            foreach (var choice in choices.ToArray())
            {
                var bound = choice.Seconds;
                if (!choice.IsKnown) choice.Know(search.Simulate(choice, silos));
                Assert.InRange(bound, 0, choice.Seconds);
            }

            Assert.Equal(choices.Min(c => c.Seconds), best.Timing.Seconds);
            Assert.True(best.Plan.SameAs(search.Best(silos, held: null)!.Plan));
            Assert.True(best.Plan.SameAs(Search(cluster).Best(silos, held: null)!.Plan));
        }
    }

    // On slow links with which two silos are faster than one by a little, loading takes longer than ten steps gain.
    [Fact]
    public void Best_silos_that_hold_parts_keep_them_where_a_step_gains_less_than_loading_takes()
    {
        var (two, links) = (Silos(2), Enumerable.Range(0, 600).Select(i => 1e4 * Math.Pow(1.02, i)).ToArray());
        var held = ReplicaPlanner.Of(TinyStories.Config, s_spec, s_cluster.SilosOf(two[..1], s_spec), replicas: 1)!;
        Assert.Contains(links, link => Best(link, null).Stages.Count == 2 && Best(link, held).SameAs(held));
        Assert.Equal(2, Best(links[^1], held).Stages.Count);

        StagePlan Best(double link, StagePlan? held) => Search(s_cluster with { LinkBytesPerSecond = link }).Best(two, held)!.Plan;
    }

    [Fact]
    public void Best_without_room_there_is_none()
    {
        var small = s_cluster with { Machines = [new MachineKind(2, OnGpu: false, 1_000, 1e9)] };
        Assert.Null(Search(small).Best(Silos(2), held: null));
    }

    private static PlanSearch Search(ClusterShape cluster) => new(TinyStories.Config, s_spec, cluster);

    private static (string Name, int Kind)[] Silos(int count) => [.. Enumerable.Range(0, count).Select(i => ($"silo-{i}", 0))];
}
