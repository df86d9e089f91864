using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>
/// The numbers of one run that is worked on in this process. They are observed, not pushed: a run that waits for silos, has
/// ended, or goes on elsewhere is not observed, so that the number of series is bounded by the runs at work.
/// </summary>
internal sealed class RunTelemetry
{
    private static readonly string[] s_phases = ["period", "walk", "gradient_norm", "apply", "evaluation", "snapshot"];
    private static readonly ConcurrentDictionary<string, RunTelemetry> s_runs = new();
    private static readonly ConcurrentDictionary<string, RunTelemetry> s_placed = new();

    private static readonly Histogram<double> s_stepDuration = LisaTelemetry.Meter.CreateHistogram(
        "lisa.step.duration", "s", "Time of a committed step, evaluation not included", tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100] });

    private static readonly KeyValuePair<string, object?> s_paused = LisaTelemetry.Tag("state", "paused");
    private static readonly KeyValuePair<string, object?> s_failed = LisaTelemetry.Tag("state", "failed");
    private static long s_pauses;
    private static long s_failures;

    private readonly KeyValuePair<string, object?> _tag;
    private readonly double[] _phaseSeconds = new double[s_phases.Length];
    private StepRecord? _last;
    private double? _evalLoss;
    private long _steps;
    private long _tokens;
    private long _totalSteps;
    private long _generation;
    private long _recoveries;
    private long _moves;
    private long _manifests;
    private long _manifestBytes;

    static RunTelemetry()
    {
        Counter("lisa.run.steps", "{step}", "Steps committed", r => r._steps);
        Counter("lisa.run.tokens", "{token}", "Tokens trained on, pads not counted", r => r._tokens);
        Counter("lisa.run.recoveries", "{recovery}", "Returns to the last manifest after a failure", r => r._recoveries);
        Counter("lisa.run.moves", "{move}", "Moves of parts to other silos at a step boundary", r => r._moves);
        Counter("lisa.run.manifests", "{manifest}", "Manifests committed", r => r._manifests);
        Counter("lisa.run.manifest.io", "By", "Bytes written for manifests", r => r._manifestBytes);
        Gauge("lisa.run.step", "{step}", "The last committed step", r => r._last?.Step);
        Gauge("lisa.run.step.limit", "{step}", "Steps in all", r => r._totalSteps);
        Gauge("lisa.run.generation", "{generation}", "The generation that is trained in", r => r._generation);
        Gauge("lisa.run.loss", "{nat}", "Mean loss of the last step over its labels", r => r._last?.Loss);
        Gauge("lisa.run.evaluation.loss", "{nat}", "Mean loss of the last evaluation", r => r._evalLoss);
        Gauge("lisa.run.learning_rate", null, "Learning rate of the last step", r => r._last?.LearningRate);
        Gauge("lisa.run.gradient_norm", null, "Global gradient norm of the last step, before clipping", r => r._last?.GradNorm);
        LisaTelemetry.Meter.CreateObservableCounter(
            "lisa.run.stops",
            () => new[] { new Measurement<long>(Interlocked.Read(ref s_pauses), s_paused), new(Interlocked.Read(ref s_failures), s_failed) },
            "{run}", "Runs that stopped until somebody puts something right, by what they came to");
        LisaTelemetry.Meter.CreateObservableCounter(
            "lisa.run.phase.time",
            () => s_placed.Values.SelectMany(
                r => s_phases.Select((name, i) => new Measurement<double>(r._phaseSeconds[i], r._tag, LisaTelemetry.Tag("phase", name)))),
            "s", "Time spent in each phase of steps");
    }

    private RunTelemetry(string run) => _tag = LisaTelemetry.Tag("run", run);

    /// <summary>The numbers of a run, which is observed once it is placed.</summary>
    public static RunTelemetry Of(string run) => s_runs.GetOrAdd(run, static name => new RunTelemetry(name));

    /// <summary>
    /// There is nowhere to train the run. Until it is placed again it is not observed: with no new steps it would look stuck.
    /// </summary>
    public static void Waiting(string run)
    {
        s_placed.TryRemove(run, out _);
        ReplicaTelemetry.Forget(run);
    }

    /// <summary>The run is not worked on here any more.</summary>
    public static void Forget(string run)
    {
        Waiting(run);
        s_runs.TryRemove(run, out _);
    }

    /// <summary>A run stopped, and only people can set it going again.</summary>
    public static void Stopped(RunState state)
    {
        if (state == RunState.Paused) Interlocked.Increment(ref s_pauses);
        else Interlocked.Increment(ref s_failures);
    }

    /// <summary>The run's parts are loaded.</summary>
    public void Placed(long generation, long totalSteps)
    {
        (_generation, _totalSteps) = (generation, totalSteps);
        s_placed[(string)_tag.Value!] = this;
    }

    public void Recovering() => _recoveries++;

    public void Moving() => _moves++;

    public void Completed(StepRecord record)
    {
        s_stepDuration.Record(record.Seconds);
        (_steps, _tokens, _last) = (_steps + 1, _tokens + record.Tokens, record);
        _evalLoss = record.EvalLoss ?? _evalLoss;
    }

    /// <summary>Records the evaluation of the last step, if it came later.</summary>
    public void Evaluated(double loss) => _evalLoss = loss;

    public void ManifestSaved(long bytes) => (_manifests, _manifestBytes) = (_manifests + 1, _manifestBytes + bytes);

    /// <summary>Begins a step's trace; ends with the result.</summary>
    public StepScope Step(ILogger logger, long step)
    {
        var log = logger.BeginScope("step {Step}", step);
        if (!LisaTelemetry.Source.HasListeners()) return new StepScope(null, log);
        var span = LisaTelemetry.Source.StartActivity("step");
        span?.SetTag("lisa.run", _tag.Value).SetTag("lisa.step", step).SetTag("lisa.generation", _generation);
        return new StepScope(span, log);
    }

    /// <summary>Begins a phase; ends with the result.</summary>
    public PhaseScope Phase(StepPhase phase) =>
        new(this, phase, LisaTelemetry.Source.HasListeners() ? LisaTelemetry.Source.StartActivity(s_phases[(int)phase]) : null);

    /// <summary>Counts time for a phase.</summary>
    public void Add(StepPhase phase, TimeSpan time) => _phaseSeconds[(int)phase] += time.TotalSeconds;

    private static void Counter(string name, string unit, string description, Func<RunTelemetry, long> value) =>
        LisaTelemetry.Meter.CreateObservableCounter(
            name, () => s_placed.Values.Select(r => new Measurement<long>(value(r), r._tag)), unit, description);

    private static void Gauge(string name, string? unit, string description, Func<RunTelemetry, double?> value) =>
        LisaTelemetry.Meter.CreateObservableGauge(
            name,
            () => s_placed.Values.Select(r => (Value: value(r), Tag: r._tag)).Where(
                m => m.Value is not null).Select(m => new Measurement<double>(m.Value!.Value, m.Tag)),
            unit, description);
}
