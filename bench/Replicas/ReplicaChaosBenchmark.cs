using LisaOrleans.Cluster;
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Bench;

/// <summary>
/// One run in one process and in every layout of replicas and stages, and then under a schedule that kills, freezes and replaces silos
/// while others join and leave, so that the run changes between these layouts. All must end with the same tensors, log and ledger.
/// </summary>
internal static class ReplicaChaosBenchmark
{
    private const int SaveSteps = 2;
    private const int WeighedSteps = 12;
    private const double WantedState = 0.01;

    // About how many steps each thing takes that is done to the run, and how many more where speeds are measured before and after it.
    private const int StepsOfEach = 5;
    private const int StepsOfMeasuring = 8;

    // From so many kills on, there is also time for what is rarer.
    private const int ManyKills = 16;

    // In an order in which few silos come and go from one to the next.
    private static readonly ReplicaLayout[] s_layouts = [new(2, 1), new(3, 1), new(3, 2), new(2, 2), new(1, 2)];

    /// <summary>Runs all of it; 0 where all runs agree.</summary>
    /// <param name="steps">Steps of each run.</param>
    /// <param name="kills">Kills of silos, at least.</param>
    /// <param name="seed">Keys the schedule.</param>
    /// <param name="azurite">Whether blobs are in Azurite.</param>
    /// <param name="killsOnly">Whether the undisturbed run in each layout is left out.</param>
    public static async Task<int> Run(int steps, int kills, ulong seed, bool azurite, bool killsOnly)
    {
        var runs = await ClusterRuns.PrepareReplicasAsync(steps, SaveSteps, seed);
        await runs.TrainUndisturbedAsync();
        var (differences, alone) = await UndisturbedAsync(runs, azurite, killsOnly ? [] : s_layouts);
        differences += await ChaosAsync(runs, steps, kills, seed, azurite, alone);
        Console.WriteLine(
            differences == 0 ? "all runs agree: every tensor's SHA-256, every digit of the log, every sample" : $"{differences} DIFFERENCES");
        return differences == 0 ? 0 : 1;
    }

    // All layouts, one after the other, on silos that become more.
    private static async Task<(int Differences, long Alone)> UndisturbedAsync(
        ClusterRuns runs, bool azurite, ReplicaLayout[] layouts)
    {
        await using var cluster = await runs.StartEmptyAsync("layouts", new ClusterSettings(1, azurite));
        var (differences, alone) = (0, await WeighAloneAsync(runs, cluster));
        foreach (var layout in layouts.OrderBy(l => l.Silos))
        {
            List<SiloProcess> joining = [];
            while (cluster.Silos.Count < layout.Silos) joining.Add(cluster.Add());
            foreach (var silo in joining) silo.Start();
            foreach (var silo in joining) await silo.ReadyAsync(TimeSpan.FromMinutes(1));
            var name = layout.ToString();
            await runs.SubmitAsync(cluster, name, "--replicas", $"{layout.Replicas}");
            await using var observer = new RunObserver(cluster, name);
            var end = await new ChaosDriver(cluster, name, seed: 0, Console.WriteLine).EndAsync();
            differences += await runs.CompareAsync(cluster, name, end);
            differences += State(observer, alone);
            if (observer.Layouts.All(l => l == name)) continue;
            Console.WriteLine($"  it trained as {string.Join(", ", observer.Layouts)}");
            differences++;
        }

        return (differences, alone);
    }

    // Bytes of optimizer state of a run on one silo.
    private static async Task<long> WeighAloneAsync(ClusterRuns runs, TestCluster cluster)
    {
        const string Name = "1x1";
        await runs.SubmitAsync(cluster, Name);
        await using var observer = new RunObserver(cluster, Name);
        using var time = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (await cluster.Run(Name).GetStatus() is { Step: < WeighedSteps, State: not RunState.Succeeded } || observer.Looks == 0)
            await Task.Delay(100, time.Token);
        await cluster.Run(Name).Cancel();
        Console.WriteLine($"one silo: {observer.OptimizerBytes} bytes of optimizer state");
        return observer.OptimizerBytes;
    }

    private static async Task<int> ChaosAsync(ClusterRuns runs, int steps, int kills, ulong seed, bool azurite, long alone)
    {
        const string Name = "chaos";
        var (random, small) = (new CounterRandom(seed, 3), new HashSet<int>());
        var needed = Needed();
        await using var cluster = await runs.StartEmptyAsync(Name, new ClusterSettings(2, azurite)
        {
            OptionsOf = silo => small.Contains(silo) ? LayoutChanges.Small(needed) : [],
        });
        await runs.SubmitAsync(cluster, Name, "--replicas", "3");
        await using var observer = new RunObserver(cluster, Name);
        ReplicaKills? measured = null;
        var isMeasured = false;
        var driver = new ChaosDriver(cluster, Name, seed, Console.WriteLine)
        {
            Peace = 1,
            Recovered = (action, before, after) => IsKill(action)
                ? measured!.NextStepAsync(before, after, isMeasured)
                : Task.CompletedTask,
        };
        measured = new ReplicaKills(observer, driver);
        var changes = new LayoutChanges(cluster, driver, small, seed, Console.WriteLine);
        var schedule = Schedule(kills, random);
        var left = schedule.Sum(v => 1 + v.Actions.Count);
        var isOver = false;
        foreach (var (layout, actions) in schedule)
        {
            isOver = isOver || !await changes.ToAsync(layout);
            if (!isOver) left--;
            foreach (var action in actions)
            {
                isMeasured = IsKill(action) && await driver.StatusAsync() is { Step: var step }
                    && steps - step > (left * StepsOfEach) + StepsOfMeasuring;
                isOver = isOver || (isMeasured && !await measured.PrepareAsync()) || !await driver.PlayAsync([action]);
                measured.Replaced();
                if (!isOver) left--;
            }
        }

        var differences = await runs.CompareAsync(cluster, Name, await driver.EndAsync()) + State(observer, alone) + measured.TooFew;
        changes.End();
        ChaosBenchmark.Show(driver.Report);
        Console.WriteLine($"{changes.Count.Joined} joins, {changes.Count.Left} leaves; layouts: {string.Join(", ", observer.Layouts)}");
        measured.Show();
        if (left == 0) return differences;
        Console.WriteLine($"the run ended before {left} of the things that were to be done to it: it needs more steps");
        return differences + 1;
    }

    private static bool IsKill(ChaosAction action) => action is ChaosAction.Kill or ChaosAction.KillOwner;

    private static int State(RunObserver observer, long alone)
    {
        var ratio = (double)observer.OptimizerBytes / alone;
        Console.WriteLine(
            $"  {observer.OptimizerBytes} bytes of optimizer state in all silos at most, {ratio:0.0000} of one silo's; {observer.Looks} looks");
        return Math.Abs(ratio - 1) <= WantedState ? 0 : 1;
    }

    // What is done in which layout: kills where there are several replicas. Where there is one, of two small silos, no silo may be missing.
    private static List<(ReplicaLayout Layout, List<ChaosAction> Actions)> Schedule(int kills, CounterRandom random)
    {
        var (visits, first, back) = (Math.Clamp(kills * 5 / 8, 3, 2 * s_layouts.Length), random.NextInt(s_layouts.Length), random.NextInt(2) == 0);
        List<(ReplicaLayout Layout, List<ChaosAction> Actions)> schedule =
        [
            .. Enumerable.Range(0, visits).Select(v => (s_layouts[Place(v)], new List<ChaosAction>())),
        ];
        var several = schedule.Where(v => v.Layout.Replicas > 1).ToArray();
        for (var kill = 0; kill < kills; kill++)
            several[kill % several.Length].Actions.Add(kill % 4 == 3 ? ChaosAction.KillOwner : ChaosAction.Kill);
        ChaosAction[] rare = kills < ManyKills ? [] : [ChaosAction.KillInRecovery, ChaosAction.Stutter];
        foreach (var action in (ChaosAction[])[ChaosAction.Freeze, ChaosAction.Leave, ChaosAction.Preempt, .. rare]) Insert(several, action);
        Insert(schedule, ChaosAction.RestartRedis);
        return schedule;

        int Place(int visit) => (first + (back ? (2 * s_layouts.Length) - visit : visit)) % s_layouts.Length;

        void Insert(IReadOnlyList<(ReplicaLayout Layout, List<ChaosAction> Actions)> among, ChaosAction action)
        {
            var actions = among[random.NextInt(among.Count)].Actions;
            actions.Insert(random.NextInt(actions.Count + 1), action);
        }
    }

    private static long Needed()
    {
        var config = ModelConfigReader.Parse(Samples.Make.RandomModel.Config(BenchModel.Stories, "float32"), "config.json");
        var spec = DerivedSettings.Resolve(ClusterRuns.Replicated, config, () => "float32", threads: 1);
        return RunCapacity.Estimate(spec, config).Tensors;
    }
}
