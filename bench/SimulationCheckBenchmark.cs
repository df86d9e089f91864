using System.Globalization;
using LisaOrleans.Cluster;
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Bench;

/// <summary>
/// Holds the simulation of runs to a real one: silos are killed and told to leave while a run trains, and the same happens to it in a
/// simulation, with the times that were measured in the real run. Prints how long both took and how many steps both did again.
/// </summary>
internal static class SimulationCheckBenchmark
{
    private const string RunName = "check";
    private const int SaveSteps = 5;
    private const double Wanted = 0.15;

    // As a leaving silo has to be gone, by default.
    private const double DrainSeconds = 25;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    public static async Task<int> Run(int silos, int steps, int actions, ulong seed)
    {
        var runs = ClusterRuns.Prepare(steps, SaveSteps, seed);
        await using var cluster = await runs.StartAsync(RunName, new ClusterSettings(silos, Azurite: false));
        var changes = new List<(DateTimeOffset At, ClusterChangeKind Kind, string Silo, bool? Leads)>();
        foreach (var silo in cluster.Silos) changes.Add((DateTimeOffset.MinValue, ClusterChangeKind.Join, Name(silo, 0), null));
        using var time = new CancellationTokenSource(TimeSpan.FromMinutes(20));
        var watching = Watch(cluster, time.Token);
        await Disturb(cluster, changes, actions, seed);
        var kills = changes.Where(c => c.Kind == ClusterChangeKind.Kill).Select(c => (c.At, c.Leads == true));
        var measured = new RunMeasurements(await watching, [.. kills]);
        var result = Simulate(measured, changes, silos, steps);
        foreach (var (count, timing) in measured.Steps)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"a step on {count} silos {timing.Seconds:0.00} s; the first {timing.FirstSeconds:0.00} s"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"detection {measured.Detection:0.0} s, waking {measured.Wake:0.0} s, a generation {measured.Restart:0.00} s, "
            + $"a manifest's pause {measured.Stall:0.000} s"));
        var ratio = result.Seconds / measured.TotalSeconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{silos} silos, {steps} steps, {result.Kills} kills, {result.Notices} notices: real {measured.TotalSeconds:0.0} s, "
            + $"{measured.LostSteps} steps done again, {measured.Generations} generations; simulated {result.Seconds:0.0} s, "
            + $"{result.LostSteps} steps, {1 + result.Recoveries + result.Moves} generations; "
            + $"ratio of times {ratio:0.000} (wanted: within {Wanted:0.00} of 1)"));
        return Math.Abs(ratio - 1) <= Wanted ? 0 : 1;
    }

    private static SimulationResult Simulate(
        RunMeasurements measured, IEnumerable<(DateTimeOffset At, ClusterChangeKind Kind, string Silo, bool? Leads)> changes, int silos, int steps)
    {
        var config = ModelConfigReader.ReadFile(Path.Combine(ClusterRuns.Assets, "stories260K", "config.json"));
        var spec = DerivedSettings.Resolve(
            new TrainingSpec
            {
                RunName = RunName,
                PerDeviceTrainBatchSize = 4,
                GradientAccumulationSteps = 4,
                BlockSize = 256,
                LisaIntervalSteps = 10,
                SaveSteps = SaveSteps,
            },
            config, () => "float32", threads: 1);
        var shape = new ClusterShape
        {
            Machines = [new MachineKind(silos, OnGpu: false, 0, 1e9)],
            NoticeSeconds = DrainSeconds,
            StoreLatency = measured.Upload / 2,
            Times = new ProtocolTimes { Detection = measured.Detection, Wake = measured.Wake, Restart = measured.Restart },
        };

        // The bytes are few: what a manifest pauses for is measured as a whole.
        var state = StepCosts.Of(config, spec).Parts.Sum(p => p.StateBytes);
        var planner = new RunPlanner(
            config, spec, shape with { CopyBytesPerSecond = state / Math.Max(1e-6, measured.Stall) }, plan => measured.Of(plan.Stages.Count));
        ClusterChange[] same =
        [
            .. changes.Select(c => new ClusterChange(Math.Max(0, (c.At - measured.Began).TotalSeconds), c.Kind, c.Silo) { Leads = c.Leads }),
        ];
        return new RunSimulation(planner, same, steps, horizon: 3600).Run();
    }

    // One thing after the other, each after some steps in peace: a kill, one of the silo with the run's grain, and a leave. Every place
    // gets a new process once the run goes on.
    private static async Task Disturb(
        TestCluster cluster, List<(DateTimeOffset At, ClusterChangeKind Kind, string Silo, bool? Leads)> changes, int actions, ulong seed)
    {
        var (random, started) = (new CounterRandom(seed, 5), cluster.Silos.ToDictionary(s => s, _ => 0));
        for (var action = 0; action < actions; action++)
        {
            if (!await Progress(cluster, 10 + random.NextInt(6))) return;
            await Task.Delay(random.NextInt(300));
            var owner = await cluster.OwnerAsync(RunName);
            var silo = cluster.Silos[random.NextInt(cluster.Silos.Count)];
            if (action % 3 == 1) silo = cluster.Silos.Find(s => s.Address == owner) ?? silo;
            var leads = silo.Address == owner;
            var told = action % 3 == 2;
            var kind = told ? ClusterChangeKind.Notice : ClusterChangeKind.Kill;
            changes.Add((DateTimeOffset.UtcNow, kind, Name(silo, started[silo]), told ? null : leads));
            Console.WriteLine($"{action + 1} of {actions}: {kind} of silo {silo.Number}{(leads ? ", where the run's grain is" : "")}");
            if (told) await silo.LeaveAsync(s_patience);
            else await silo.KillAsync();
            if (!await Progress(cluster, 3)) return;
            silo.Start();
            await silo.ReadyAsync(s_patience);
            changes.Add((DateTimeOffset.UtcNow, ClusterChangeKind.Join, Name(silo, ++started[silo]), null));
        }
    }

    private static string Name(SiloProcess silo, int process) => $"{silo.Number}.{process}";

    // False where the run is over.
    private static async Task<bool> Progress(TestCluster cluster, int steps)
    {
        var driver = new ChaosDriver(cluster, RunName, seed: 0, _ => { });
        using var time = new CancellationTokenSource(s_patience);
        for (long? first = null; ;)
        {
            if (await driver.StatusAsync() is { } status)
            {
                if (status.State == RunState.Succeeded) return false;
                if (status.State is RunState.Failed or RunState.Cancelled or RunState.Paused)
                    throw new InvalidOperationException($"{status.State}: {status.Error}");
                first ??= status.Step;
                if (status.State == RunState.Running && status.Step >= first + steps) return true;
            }

            await Task.Delay(20, time.Token);
        }
    }

    private static async Task<IReadOnlyList<TrainingEvent>> Watch(TestCluster cluster, CancellationToken cancellationToken)
    {
        var events = new List<TrainingEvent>();
        await foreach (var happened in cluster.Client.WatchAsync(RunName, cancellationToken: cancellationToken))
        {
            events.Add(happened);
            if (happened is RunEnded { State: not RunState.Succeeded } ended) throw new InvalidOperationException($"{ended.State}: {ended.Error}");
        }

        return events;
    }
}
