using System.Globalization;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Spectre.Console;

namespace LisaOrleans.Cli;

/// <summary><c>lisa plan --cluster</c>: what machines would make of a run on paper and, with a trace, in a simulation.</summary>
internal static class ClusterPlanReport
{
    /// <summary>Writes it, as the settings say.</summary>
    /// <exception cref="UsageException">The cluster's description is wrong, or the machines have no room for the run.</exception>
    public static void Write(SettingValues values, ModelConfig config, TrainingSpec spec)
    {
        var cluster = ClusterFile.Read(values);
        var planner = new RunPlanner(config, spec, cluster);
        ClusterPlan plan;
        try
        {
            plan = ClusterPlan.Of(planner);
        }
        catch (NoRoomException e)
        {
            throw new UsageException($"{values.Place(PlanSettings.Cluster.Key)}: {e.Message}");
        }

        var trace = values.OptionalPath(PlanSettings.Trace);
        if (trace is not null) NamedFile.Existing(trace, values.Place(PlanSettings.Trace.Key));
        var result = trace is null ? null : Simulate(planner, trace, spec.Seed);
        if (values.Text(KnownSettings.LogFormat) == "json")
            Console.WriteLine(JsonSerializer.Serialize(new { plan = Json(plan, spec), trace = result is null ? null : Json(result) }));
        else
            Show(cluster, spec, plan, trace, result);
    }

    private static SimulationResult Simulate(RunPlanner planner, string trace, ulong seed)
    {
        var changes = TraceSchedule.Of(SpotTrace.Read(trace), planner.Cluster, seed);
        if (changes[^1].At == 0) throw new InvalidDataFileException(trace, "all its events are at one moment, so that no time passes");
        return new RunSimulation(planner, changes, long.MaxValue, changes[^1].At).Run();
    }

    private static void Show(ClusterShape cluster, TrainingSpec spec, ClusterPlan plan, string? trace, SimulationResult? result)
    {
        AnsiConsole.WriteLine($"{string.Join(" + ", cluster.Machines.Select(Machine))}; {Methods.Describe(spec)}");
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        foreach (var (what, says) in Lines(spec, plan)) grid.AddRow(new Text(what), new Text(says));
        if (result is not null)
            foreach (var (what, says) in Lines(Path.GetFileName(trace!), result)) grid.AddRow(new Text(what), new Text(says));
        AnsiConsole.Write(grid);
    }

    private static IEnumerable<(string What, string Says)> Lines(TrainingSpec spec, ClusterPlan p)
    {
        var lanes = p.Plan.Lanes.Count > 1 ? $", lanes {string.Join(" or ", p.Plan.Lanes.Distinct().Order())} each" : "";
        var stages = Enumerable.Range(0, p.Plan.Replicas).Select(p.Plan.StagesOf).Distinct().Order().ToArray();
        var idle = p.Machines - p.Plan.Stages.Count;
        yield return ("plan", $"replicas {p.Plan.Replicas}, stages {string.Join(" or ", stages)}{lanes}; idle machines {idle}");
        if (idle > 0) yield return ("idle", $"a step is not shorter with more than {p.Plan.Stages.Count} machines");
        if (!p.IsRunsOwn)
            yield return ("to have it", $"{p.Plan.Stages.Count} machines and --replicas {p.Plan.Replicas}: a run does not know its links");
        yield return ("step", Invariant($"{p.StepSeconds:0.00} s, {p.TokensPerSecond:0} tokens/s, {p.Speedup:0.00} times one machine"));
        yield return ("sent in a step", Invariant(
            $"{Bytes(p.ActivationBytes)} of activations, {Bytes(p.ExchangeBytes)} of sums and weights; waits {p.ExchangeSeconds:0.00} s for these"));
        yield return ("manifest", Invariant($"{Bytes(p.ManifestBytes)}: training pauses for {p.SaveSeconds:0.00} s, ")
            + Invariant($"the upload takes {p.UploadSeconds:0.0} s; ")
            + Invariant($"{PerStep(spec, p.SaveSeconds):0.000} s a step with --save-steps {spec.SaveSteps}"));
        yield return ("evictions", p.EvictionsPerHour == 0 ? "none" : Invariant(
            $"{p.EvictionsPerHour:0.00} an hour of machines with parts; each costs {p.RecoverySeconds:0.0} s")
            + (p.BestSaveSteps is null ? "" : " and the steps since the last manifest"));
        if (p.BestSaveSteps is { } best)
            yield return ("loses least", Invariant($"--save-steps {best} (Daly 2006; an upload must end before the next begins)"));
        yield return ("steps an hour", Invariant($"{p.StepsPerHour:0} undisturbed, {p.ExpectedStepsPerHour:0} with evictions")
            + (p.BestSaveSteps is { } steps ? Invariant($", {p.BestStepsPerHour:0} with --save-steps {steps}") : ""));
    }

    private static IEnumerable<(string What, string Says)> Lines(string trace, SimulationResult r)
    {
        yield return (trace, Invariant(
            $"{r.Seconds / 3600:0.00} h, {r.MachineHours:0} machine hours; {r.Joins} joins, {r.Kills} kills, {r.Notices} notices"));
        yield return ("done", Invariant(
            $"{r.Steps} steps, {r.Share:0.000} of those possible; {r.LostSteps} steps done again; {r.Recoveries} recoveries, {r.Moves} moves"));
        var spent = r.Spent.Select(s => Invariant($"{s.Key.ToString().ToLowerInvariant()} {s.Value / r.Seconds:0.000}"));
        yield return ("of the time", string.Join(", ", spent));
        if (r.LongestWait > 600)
            yield return ("longest wait", Invariant($"{r.LongestWait / 60:0} min without room for the run: it waits until there is some"));
    }

    private static object Json(ClusterPlan p, TrainingSpec spec) => new
    {
        method = Methods.Describe(spec),
        machines = p.Machines,
        idle = p.Machines - p.Plan.Stages.Count,
        needs_replicas = p.IsRunsOwn ? (int?)null : p.Plan.Replicas,
        replicas = p.Plan.Replicas,
        lanes = p.Plan.Lanes,
        stages = p.Plan.Stages.Select(s => new { machine = s.Silo, replica = s.Replica, parts = s.Parts }),
        step_seconds = p.StepSeconds,
        tokens_per_second = p.TokensPerSecond,
        speedup = p.Speedup,
        activation_bytes_per_step = p.ActivationBytes,
        exchange_bytes_per_step = p.ExchangeBytes,
        exchange_seconds_per_step = p.ExchangeSeconds,
        manifest_bytes = p.ManifestBytes,
        save_seconds = p.SaveSeconds,
        save_seconds_per_step = PerStep(spec, p.SaveSeconds),
        upload_seconds = p.UploadSeconds,
        evictions_per_hour = p.EvictionsPerHour,
        recovery_seconds = p.RecoverySeconds,
        best_save_steps = p.BestSaveSteps,
        steps_per_hour = p.StepsPerHour,
        expected_steps_per_hour = p.ExpectedStepsPerHour,
        best_steps_per_hour = p.BestStepsPerHour,
    };

    private static object Json(SimulationResult r) => new
    {
        seconds = r.Seconds,
        steps = r.Steps,
        lost_steps = r.LostSteps,
        possible_steps = r.PossibleSteps,
        machine_hours = r.MachineHours,
        joins = r.Joins,
        kills = r.Kills,
        notices = r.Notices,
        recoveries = r.Recoveries,
        moves = r.Moves,
        manifests = r.Saves,
        longest_wait_seconds = r.LongestWait,
        seconds_by_kind = r.Spent.ToDictionary(s => s.Key.ToString().ToLowerInvariant(), s => s.Value),
    };

    private static double PerStep(TrainingSpec spec, double seconds) => spec.SaveSteps > 0 ? seconds / spec.SaveSteps : 0;

    private static string Machine(MachineKind m)
    {
        var memory = m.MemoryBytes > 0 ? $" of {Bytes(m.MemoryBytes)}" : "";
        return Invariant($"{m.Count} x {(m.OnGpu ? "GPU" : "CPU")}{memory} at {m.MultiplyAddsPerSecond * 2 / 1e12:0.###} TFLOP/s");
    }

    private static string Bytes(double bytes) => Invariant($"{bytes / 1e9:0.00} GB");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
