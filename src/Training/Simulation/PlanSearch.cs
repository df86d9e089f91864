using System.Globalization;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// Finds the plan by whose steps, as <see cref="StepSimulation"/> predicts them, a run is fastest on machines whose speeds and links are
/// known. It looks at so many stages in each of so many replicas, or one more in half of them, on as many of the machines, the fastest:
/// so a plan for more machines of a kind never has longer steps than one for fewer. Remembers what it has simulated. A pure function.
/// </summary>
internal sealed class PlanSearch(ModelConfig config, TrainingSpec spec, ClusterShape cluster)
{
    // Of so few replicas any number may have one stage more.
    private const int Few = 4;

    // Bounds are sums in another order than what they are compared with.
    private const double Rounding = 1e-9;

    private readonly StepCosts _costs = StepCosts.Of(config, spec);
    private readonly Dictionary<string, List<PlanChoice>> _choices = [];

    /// <summary>The plan; null where the silos have no room for the run.</summary>
    /// <param name="silos">Silos in the order of the walk, at least one, with the kinds of their machines.</param>
    /// <param name="held">Where parts are already: what it takes to load others counts as some steps' time; null where there are none.</param>
    public PlannedRun? Best(IReadOnlyList<(string Name, int Kind)> silos, StagePlan? held)
    {
        var (choices, loads, news) = (ChoicesOf([.. silos.Select(s => s.Kind)]), new LoadTimes(_costs, cluster), false);
        var best = (Cost: double.PositiveInfinity, Choice: (PlanChoice?)null, Plan: (StagePlan?)null);
        foreach (var choice in choices)
        {
            if (choice.Places.Count > silos.Count) continue;
            if (choice.Seconds > best.Cost) break;
            if (held is not null && choice.Seconds + (SendsAtLeast(choice.Replicas) / ReplicaPlanner.StepsOfPlan) > best.Cost) continue;
            if (!choice.IsKnown)
            {
                choice.Know(Simulate(choice, silos));
                news = true;
            }

            if (choice.Planned is not { } planned || choice.Seconds > best.Cost) continue;
            var plan = planned.Plan.Named(place => silos[PlaceOf(place)].Name);
            var cost = choice.Seconds + (held is null ? 0 : loads.Move(plan, held, inManifest: true) / ReplicaPlanner.StepsOfPlan);
            if (best.Choice is null || (cost, choice).CompareTo((best.Cost, best.Choice)) < 0) best = (cost, choice, plan);
        }

        if (news) choices.Sort();
        return best.Choice is null ? null : best.Choice.Planned! with { Plan = best.Plan! };
    }

    /// <summary>A choice's plan and its steps; null where its silos have no room.</summary>
    internal PlannedRun? Simulate(PlanChoice choice, IReadOnlyList<(string Name, int Kind)> silos)
    {
        // By their places, so that the plan holds for all silos of these kinds.
        var all = cluster.SilosOf([.. silos.Select((s, place) => ($"{place}", s.Kind))], spec);
        if (ReplicaPlanner.Of(config, spec, [.. choice.Places.Select(p => all[p])], choice.Replicas) is not { } plan) return null;
        return new PlannedRun(plan, new StepSimulation(_costs, plan, s => RateOf(silos[PlaceOf(s)].Kind), cluster).Timing());
    }

    /// <summary>All choices, those of which a step may be shortest first. Where machines are alike, they are those for all machines.</summary>
    internal List<PlanChoice> ChoicesOf(int[] kinds)
    {
        var alike = cluster.Machines.Count == 1;
        var key = alike ? "" : string.Join(',', kinds);
        if (!_choices.TryGetValue(key, out var choices))
        {
            _choices[key] = choices = Choices(alike ? new int[Math.Min(cluster.Count, _costs.Lanes * config.NumHiddenLayers)] : kinds);
            choices.Sort();
        }

        return choices;
    }

    private static int PlaceOf(string silo) => int.Parse(silo, CultureInfo.InvariantCulture);

    private List<PlanChoice> Choices(int[] kinds)
    {
        var (choices, rates) = (new List<PlanChoice>(), kinds.Select(RateOf).ToArray());
        int[] fastest = [.. Enumerable.Range(0, kinds.Length).OrderByDescending(place => rates[place])];
        for (var replicas = 1; replicas <= Math.Min(_costs.Lanes, kinds.Length); replicas++)
        {
            foreach (var count in Counts(replicas, kinds.Length))
            {
                int[] places = [.. fastest.Take(count).Order()];
                choices.Add(new PlanChoice(replicas, places, (1 - Rounding) * AtLeast(replicas, count, rates[fastest[0]])));
            }
        }

        return choices;
    }

    // How many silos so many replicas may have. Of different kinds also all, as those that are fast may have too little memory.
    private IEnumerable<int> Counts(int replicas, int silos)
    {
        var (step, most) = (replicas <= Few ? 1 : replicas / 2, Math.Min(silos, replicas * config.NumHiddenLayers));
        var counts = from stages in Enumerable.Range(1, most / replicas)
                     from more in Enumerable.Range(0, replicas).Where(m => m % step == 0 && m <= step * (Few - 1))
                     let count = (stages * replicas) + more
                     where count <= most
                     select count;
        return (cluster.Machines.Count == 1 ? counts : counts.Append(most)).Distinct();
    }

    // All arithmetic of one micro-batch, and that of a replica's others in its slowest stage; or what the owner of a part gets and sends.
    private double AtLeast(int replicas, int silos, double rate)
    {
        var (layers, all) = (config.NumHiddenLayers, _costs.Parts.Sum(Work));
        var stages = (silos + replicas - 1) / replicas;
        var lightest = _costs.Parts.Where(p => PartName.LayerIndex(p.Name) is not null).Min(Work);
        var slowest = Math.Max(all / stages, (layers + stages - 1) / stages * lightest);
        var others = Math.Max(0, ((double)_costs.MicroBatches / replicas) - 1);
        var sent = _costs.Parts.Where(p => p.Table is null).Max(p => Math.Max(p.SumBytes, p.TrainedBytes));
        return Math.Max(
            (all + (others * slowest)) * _costs.Tokens / rate, (replicas - 1) * sent / cluster.LinkBytesPerSecond);

        static double Work(PartCost part) => part.Forward + part.Backward;
    }

    // How long a load takes at least: one part's owner sends the others its weights.
    private double SendsAtLeast(int replicas) => (1 - Rounding) * (replicas - 1)
        * _costs.Parts.Where(p => !p.HasAdapter).Max(p => p.TrainedBytes) / cluster.LinkBytesPerSecond;

    private double RateOf(int kind) => cluster.Machines[kind].MultiplyAddsPerSecond;
}
