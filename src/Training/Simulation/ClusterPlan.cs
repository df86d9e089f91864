using System.Globalization;

namespace LisaOrleans.Training;

/// <summary>What a cluster would make of a run, on paper.</summary>
public sealed record ClusterPlan
{
    /// <value>Where the parts would be.</value>
    public required StagePlan Plan { get; init; }

    /// <value>Machines in all. Those beyond the plan's would not make a step shorter.</value>
    public required int Machines { get; init; }

    /// <value>Whether a run plans so by itself, without knowing how fast machines and links are.</value>
    public required bool IsRunsOwn { get; init; }

    /// <value>Seconds of a step.</value>
    public required double StepSeconds { get; init; }

    /// <value>How many times faster than the fastest of the machines alone would be, if it had room for the run.</value>
    public required double Speedup { get; init; }

    /// <value>Tokens a second.</value>
    public required double TokensPerSecond { get; init; }

    /// <value>Bytes of activations and their gradients that a step sends between stages, over all links.</value>
    public required double ActivationBytes { get; init; }

    /// <value>Bytes of sums and weights that a step sends between replicas, over all links.</value>
    public required double ExchangeBytes { get; init; }

    /// <value>For how much of a step somebody waits for that exchange, in seconds.</value>
    public required double ExchangeSeconds { get; init; }

    /// <value>Bytes of a manifest.</value>
    public required double ManifestBytes { get; init; }

    /// <value>For how long training pauses for it, in seconds.</value>
    public required double SaveSeconds { get; init; }

    /// <value>How long it is then on its way to the store, in seconds.</value>
    public required double UploadSeconds { get; init; }

    /// <value>Evictions of machines with parts, in an hour.</value>
    public required double EvictionsPerHour { get; init; }

    /// <value>Seconds without training after an eviction, apart from steps that are done again, and after the replacement's joining.</value>
    public required double RecoverySeconds { get; init; }

    /// <value>Steps between manifests that lose least; null without evictions that cost steps.</value>
    public required long? BestSaveSteps { get; init; }

    /// <value>Steps in an hour without evictions.</value>
    public required double StepsPerHour { get; init; }

    /// <value>Steps in an hour with evictions, with the run's own interval between manifests.</value>
    public required double ExpectedStepsPerHour { get; init; }

    /// <value>The same with the best one.</value>
    public required double BestStepsPerHour { get; init; }

    /// <summary>Plans a run for all machines of a cluster.</summary>
    /// <param name="planner">The run and the cluster.</param>
    /// <exception cref="NoRoomException">The machines have no room for the run.</exception>
    public static ClusterPlan Of(RunPlanner planner)
    {
        var (cluster, costs) = (planner.Cluster, planner.Costs);
        var silos = Enumerable.Range(0, cluster.Count)
            .Select(i => (Name: i.ToString("00000", CultureInfo.InvariantCulture), Kind: cluster.KindOf(i))).ToArray();
        var found = planner.Plan(silos) ?? throw new NoRoomException(string.Create(
            CultureInfo.InvariantCulture,
            $"the run needs {planner.NeededBytes / 1e9:0.###} GB; {cluster.Count} machines offer "
            + $"{cluster.Machines.Sum(m => m.Count * (double)m.MemoryBytes) / 1e9:0.###} GB, of which stages of whole layers must be cut"));
        var (plan, step) = (found.Plan, found.Timing.Seconds);
        var loads = new LoadTimes(costs, cluster);
        var (save, upload) = (loads.Copy(plan), loads.Upload(plan));
        var evictions = cluster.EvictionsPerHour * plan.Stages.Count;
        var meanTime = evictions > 0 ? 3600 / evictions : double.PositiveInfinity;

        // The last machine with parts goes, one that stands by takes its place, and another one comes.
        var told = cluster.NoticeSeconds > 0;
        (string Name, int Kind)[] left = [.. silos.Where(s => s.Name != plan.Stages[^1].Silo)];
        var without = planner.Plan(left, plan);
        var goesOn = without?.Plan ?? plan;
        var recovery = Back(goesOn) + (told
            ? save + upload + loads.Load(goesOn, plan, inManifest: true)
            : cluster.Times.Detection + (cluster.Times.Wake / plan.Stages.Count)
                + loads.Load(goesOn, plan.On(left.Select(s => s.Name).ToHashSet()), inManifest: false));
        var slower = without is null ? 1 : Math.Max(0, 1 - (step / without.Timing.Seconds));
        var away = recovery + (cluster.ReplacementSeconds * slower);

        // What a save costs and what it saves are in balance at Daly's interval; a manifest can be begun only when the last one is there.
        var interval = Math.Max(SaveInterval.Daly(save, meanTime), upload);
        long? best = told || evictions == 0 ? null : Math.Max(1, (long)Math.Round(interval / step));
        var own = planner.Spec.SaveSteps;
        return new ClusterPlan
        {
            Plan = plan,
            Machines = silos.Length,
            IsRunsOwn = planner.IsRunsOwn(plan, silos),
            StepSeconds = step,
            Speedup = Alone() / step,
            TokensPerSecond = costs.MicroBatches * costs.Tokens / step,
            ActivationBytes = Activations(costs, plan),
            ExchangeBytes = Exchange(costs, plan),
            ExchangeSeconds = plan.Replicas > 1 ? step - WithoutExchange() : 0,
            ManifestBytes = loads.ManifestBytes,
            SaveSeconds = save,
            UploadSeconds = upload,
            EvictionsPerHour = evictions,
            RecoverySeconds = recovery,
            BestSaveSteps = best,
            StepsPerHour = 3600 / step,
            ExpectedStepsPerHour = Share(own) * 3600 / step,
            BestStepsPerHour = Share(best ?? own) * 3600 / step,
        };

        // Has loaded what does not train before it is taken in. Where another stands in for the one that went, it only stands by.
        double Back(StagePlan lost) => lost.Stages.Count == plan.Stages.Count
            ? 0 : save + upload + loads.Load(plan, lost, inManifest: true, loads.PartsAhead(plan, lost).ToHashSet());

        double RateOf(string silo) =>
            cluster.Machines[cluster.KindOf(int.Parse(silo, CultureInfo.InvariantCulture))].MultiplyAddsPerSecond;

        double Alone() => costs.Parts.Sum(p => p.Forward + p.Backward) * costs.Tokens * costs.MicroBatches
            / cluster.Machines.Max(m => m.MultiplyAddsPerSecond);

        double WithoutExchange()
        {
            var parts = costs.Parts.Select(p => p with { SumBytes = 0, TrainedBytes = 0, Table = null });
            return new StepSimulation(costs with { Parts = [.. parts] }, plan, RateOf, cluster).Timing().Seconds;
        }

        // Of the time: what is left of it after evictions, less the pauses for manifests. Without manifests all is lost that was done.
        double Share(long saveSteps)
        {
            var between = saveSteps > 0 ? Math.Max(saveSteps * step, upload) : double.PositiveInfinity;
            var again = told || evictions == 0 ? 0 : (between / 2) + upload;
            var left = 1 - ((away + again) / meanTime);
            return left > 0 ? left / (1 + (save / between)) : 0;
        }
    }

    private static double Activations(StepCosts costs, StagePlan plan)
    {
        var sent = 0.0;
        foreach (var micro in Enumerable.Range(0, costs.MicroBatches))
        {
            var stages = plan.StagesOf(plan.ReplicaOf(GradientLanes.LaneOf(micro, costs.Lanes)));
            var hops = stages - 1 + (costs.Tied && stages > 1 ? 1 : 0);
            sent += 2 * hops * costs.ActivationBytes;
        }

        return sent;
    }

    private static double Exchange(StepCosts costs, StagePlan plan)
    {
        var (sent, first) = (0.0, 0);
        for (var replica = 0; replica < plan.Lanes.Count; first += plan.Lanes[replica++])
        {
            var (from, lanes) = (first, plan.Lanes[replica]);
            sent += costs.Parts.Where(p => p.Trains && plan.OwnerOf(p.Name) != replica)
                .Sum(p => costs.SumsBytes(p, from, lanes) + costs.WeightsBytes(p, from, lanes));
        }

        return sent;
    }
}
