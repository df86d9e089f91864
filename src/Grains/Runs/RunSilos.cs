using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>
/// The silos that a run may train on: its share of the live silos, as the queue gives it, without those that are about to leave.
/// Used in the turns of the run's grain only.
/// </summary>
internal sealed partial class RunSilos(string run, IGrainFactory grains, IClusterView cluster, TimeProvider time, ILogger logger)
{
    /// <summary>How often a run asks the queue again, and how long it waits for an answer.</summary>
    public static readonly TimeSpan AskPeriod = TimeSpan.FromSeconds(1);

    private const int FinalRefusals = 3;

    private readonly HashSet<string> _leaving = [];
    private RunShare? _share;
    private DateTimeOffset _since;

    // How many of the queue's answers in a row gave the run nothing.
    private int _refusals;

    // Which silos were live, and which were leaving, when the queue was last asked.
    private string _asked = "";

    /// <summary>Whether the run was training before it asked.</summary>
    public bool Trains { get; private set; }

    /// <summary>The place in the queue and why, where the run waits; else null.</summary>
    public RunShare? Waits => _share is { Position: > 0 } ? _share : null;

    /// <summary>
    /// Whether the queue has given all silos of a run that trains to others, as it does where it has not heard of the run for some time. It
    /// has said so several times: a queue that has just begun may not see all silos yet.
    /// </summary>
    public bool AreTaken => _refusals >= FinalRefusals;

    /// <summary>Whether silos came, went or announced their leaving since the queue was asked.</summary>
    public bool Changed => Seen(cluster.TrainingSilos()) != _asked;

    private IRunQueueGrain Queue => grains.GetGrain<IRunQueueGrain>(0);

    /// <summary>The run begins to want silos.</summary>
    /// <param name="since">Since when; decides its place in the queue.</param>
    /// <param name="trains">Whether it was training when it was last heard of.</param>
    public void Begin(DateTimeOffset since, bool trains) => (_since, Trains, _share) = (since, trains, null);

    /// <summary>From here on it counts as one that trains.</summary>
    public void BeginTraining() => Trains = true;

    /// <summary>Notes that silos will leave; returns whether any of them was not known to.</summary>
    public bool Leave(IEnumerable<string> silos)
    {
        var before = _leaving.Count;
        _leaving.UnionWith(silos);
        return _leaving.Count > before;
    }

    /// <summary>Whether a stage lies on a silo that is about to leave.</summary>
    public bool AnyLeaves(StagePlan stages) => _leaving.Any(stages.Uses);

    /// <summary>The silos to train on. Those that hold parts keep their place in the walk; new ones come after them.</summary>
    /// <param name="placed">Where the parts are, as far as is known.</param>
    public IReadOnlyList<TrainingSilo> Usable(IReadOnlyList<SiloStage> placed)
    {
        var live = cluster.TrainingSilos();
        _leaving.IntersectWith(live.Select(s => s.Address));
        var before = placed.Select(s => s.Silo).ToList();
        var share = (_share?.Silos ?? []).ToDictionary(s => s.Address, s => s.MemoryBytes);
        return
        [
            .. live.Where(s => !_leaving.Contains(s.Address) && share.ContainsKey(s.Address))
                .Select(s => s with { MemoryBytes = share[s.Address] })
                .OrderBy(s => before.IndexOf(s.Address) is >= 0 and var at ? at : int.MaxValue),
        ];
    }

    /// <summary>
    /// The stages of a plan whose silos are live: those that are about to leave can still hand over what they hold.
    /// </summary>
    public StagePlan? Held(IReadOnlyList<SiloStage> placed) =>
        placed.Count > 0 ? new StagePlan(placed).On([.. cluster.TrainingSilos().Select(s => s.Address)]) : null;

    /// <summary>Asks the queue for the run's share.</summary>
    public async Task Ask(RunPlan plan)
    {
        var live = cluster.TrainingSilos();
        _asked = Seen(live);
        try
        {
            _share = await Queue.Ask(new RunDemand
            {
                Spec = plan.Spec,
                ConfigJson = plan.ConfigJson,
                Since = _since,
                Trains = Trains,
                Share = _share?.Silos ?? [],
                Leaving = [.. _leaving],
            }).WaitAsync(AskPeriod, time);
            _refusals = Waits is null ? 0 : _refusals + 1;
        }
        catch (Exception e)
        {
            // Its silo may just have died. A run that trains goes on with the silos it has or, if those are gone, with all there
            // are; the queue's next answer puts it right.
            LogQueueSilent(run, e.Message);
            if (Trains && Usable([]).Count == 0)
                _share = new RunShare([.. live.Select(s => new SiloDescription(s.Address, s.MemoryBytes, s.Threads))], 0, null);
        }
    }

    /// <summary>Tells the queue that the run wants no silos any more.</summary>
    public async Task LeaveQueue()
    {
        try
        {
            await Queue.Leave(run).WaitAsync(AskPeriod, time);
        }
        catch (Exception e)
        {
            // The queue will notice by itself that the run is gone.
            LogQueueSilent(run, e.Message);
        }
    }

    private string Seen(IReadOnlyList<TrainingSilo> live) => string.Join(' ', live.Select(s => s.Address).Concat(_leaving));

    [LoggerMessage(Level = LogLevel.Information, Message = "Run {Run}: the queue does not answer: {Reason}")]
    private partial void LogQueueSilent(string run, string reason);
}
