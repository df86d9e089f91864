using LisaOrleans.Training;

namespace LisaOrleans.Bench;

/// <summary>What the events of a real run say about how long things take, in seconds; medians.</summary>
internal sealed class RunMeasurements
{
    // A silo's first steps are those in which its code is compiled.
    private const int FirstSteps = 3;

    /// <param name="events">The run's events.</param>
    /// <param name="kills">When silos were killed, and whether the run's grain was there.</param>
    public RunMeasurements(IReadOnlyList<TrainingEvent> events, IReadOnlyList<(DateTimeOffset At, bool Leads)> kills)
    {
        Began = events.OfType<RunStarted>().First().Time;
        TotalSeconds = (events.OfType<RunEnded>().Last().Time - Began).TotalSeconds;
        Generations = events.OfType<RunStarted>().Count();
        Stall = Median(events.OfType<ManifestSaved>().Select(m => m.StallSeconds));
        var committed = events.OfType<StepCompleted>().ToDictionary(s => s.Record.Step, s => s.Record.Time);
        var saved = events.OfType<ManifestSaved>().Where(m => committed.ContainsKey(m.Step));
        Upload = Median(saved.Select(m => (m.Time - committed[m.Step]).TotalSeconds));
        var byTime = events.Select(e => (At: e is StepCompleted s ? s.Record.Time : e.Time, Event: e)).OrderBy(e => e.At).ToArray();
        var (pairs, firsts, begins) = (new Dictionary<int, List<double>>(), new Dictionary<int, List<double>>(), new List<double>());
        var (silos, peace) = (0, 0);
        long? seen = null;
        for (var i = 0; i < byTime.Length; i++)
        {
            var (at, happened) = byTime[i];
            switch (happened)
            {
                case RunRecovering recovering:
                    LostSteps += Math.Max(0, (recovering.FailedStep > 0 ? recovering.FailedStep - 1 : seen ?? 0) - recovering.ManifestStep);
                    break;
                case PartsPlaced placed:
                    (silos, peace) = (placed.Stages.Select(s => s.Silo).Distinct().Count(), 0);
                    if (Before<RunStarted>(i) is { } started && Before<TrainingEvent>(started.Index) is { } cause)
                        begins.Add((at - byTime[cause.Index].At).TotalSeconds);
                    break;
                case StepCompleted:
                    seen = Math.Max(seen ?? 0, ((StepCompleted)happened).Record.Step);
                    if (Before<TrainingEvent>(i) is { } before && silos > 0)
                    {
                        if (byTime[before.Index].Event is PartsPlaced) Add(firsts, silos, (at - byTime[before.Index].At).TotalSeconds);
                        else if (++peace > FirstSteps && Before<StepCompleted>(i) is { } last)
                            Add(pairs, silos, (at - byTime[last.Index].At).TotalSeconds);
                    }

                    break;
            }
        }

        Restart = Median(begins);
        Steps = pairs.ToDictionary(p => p.Key, p => new StepTiming(Median(firsts.GetValueOrDefault(p.Key) ?? p.Value), Median(p.Value)));
        var recoveries = events.OfType<RunRecovering>().ToArray();
        var noticed = kills.Select(k => (k.Leads, Seconds: Since(recoveries, k.At))).Where(k => k.Seconds is not null).ToArray();
        Detection = Median(noticed.Where(k => !k.Leads).Select(k => k.Seconds));
        Wake = Math.Max(0, Median(noticed.Where(k => k.Leads).Select(k => k.Seconds)) - Detection);

        (int Index, T Event)? Before<T>(int index)
            where T : TrainingEvent
        {
            for (var i = index - 1; i >= 0; i--)
                if (byTime[i].Event is T found) return (i, found);
            return null;
        }
    }

    /// <summary>When the run's first generation began.</summary>
    public DateTimeOffset Began { get; }

    /// <summary>From then to the run's end.</summary>
    public double TotalSeconds { get; }

    public int Generations { get; }

    public long LostSteps { get; }

    /// <summary>By the number of silos with parts.</summary>
    public IReadOnlyDictionary<int, StepTiming> Steps { get; }

    /// <summary>From a kill to the recovery, where the run's grain is elsewhere.</summary>
    public double Detection { get; }

    /// <summary>How much longer that takes where it is there.</summary>
    public double Wake { get; }

    /// <summary>From what ended a generation to the next one's loaded parts.</summary>
    public double Restart { get; }

    public double Stall { get; }

    /// <summary>From a step to the manifest that was begun after it.</summary>
    public double Upload { get; }

    /// <summary>Steps on so many silos; where none were measured, on the nearest number.</summary>
    public StepTiming Of(int silos) => Steps.MinBy(s => Math.Abs(s.Key - silos)).Value;

    private static double? Since(IEnumerable<TrainingEvent> recoveries, DateTimeOffset kill) =>
        recoveries.Where(r => r.Time > kill).Select(r => (double?)(r.Time - kill).TotalSeconds).FirstOrDefault();

    private static double Median(IEnumerable<double?> values) => Median(values.OfType<double>());

    private static double Median(IEnumerable<double> values) => values.ToList() is { Count: > 0 } all ? all.Median() : 0;

    private static void Add(Dictionary<int, List<double>> lists, int key, double value)
    {
        if (!lists.TryGetValue(key, out var list)) lists[key] = list = [];
        list.Add(value);
    }
}
