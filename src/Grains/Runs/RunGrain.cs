using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace LisaOrleans.Grains;

/// <inheritdoc cref="IRunGrain"/>
[Reentrant]
internal sealed partial class RunGrain(IBlobStore store, TimeProvider time, ILogger<RunGrain> logger) : Grain, IRunGrain
{
    // So many failures in a row without a new committed step end the run: what repeats will not go away.
    private const int MaxFailuresWithoutProgress = 5;

    private readonly CancellationTokenSource _life = new();
    private readonly EventLog _events = new(time);
    private Task _run = Task.CompletedTask;
    private RunState _state = RunState.Queued;
    private RunState? _stop;
    private TrainingLoop? _loop;
    private Pipeline? _pipeline;
    private ManifestWriter? _manifests;
    private RunHistory? _history;
    private RunPlan? _plan;
    private long _generation;
    private int _recoveries;
    private string? _error;

    private string Name => this.GetPrimaryKeyString();

    public Task Start()
    {
        if (!_run.IsCompleted) return Task.CompletedTask;
        (_stop, _error, _recoveries) = (null, null, 0);
        DelayDeactivation(TimeSpan.FromDays(365));

        // Runs on in this grain's turns after the call has returned.
        _run = RunToEnd();
        return Task.CompletedTask;
    }

    public Task Pause() => Stop(RunState.Paused);

    public Task Cancel() => Stop(RunState.Cancelled);

    public Task<RunStatus> GetStatus() => Task.FromResult(new RunStatus
    {
        Run = Name,
        State = _state,
        Step = _loop?.Step ?? 0,
        TotalSteps = _plan?.TotalSteps ?? 0,
        Loss = _history?.Records.LastOrDefault()?.Loss,
        Generation = _generation,
        Recoveries = _recoveries,
        ManifestStep = _manifests?.Last.Step ?? 0,
        Error = _error,
    });

    public IAsyncEnumerable<TrainingEvent> Watch(long afterSequence, CancellationToken cancellationToken = default) =>
        _events.Watch(afterSequence, cancellationToken);

    public async Task<IReadOnlyDictionary<string, PartMemory>> GetMemory() =>
        _pipeline is null ? new Dictionary<string, PartMemory>() : await _pipeline.Memory();

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _life.CancelAsync();
        await _run.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    private async Task Stop(RunState state)
    {
        _stop ??= state;
        await _run;
    }

    private async Task RunToEnd()
    {
        _state = RunState.Starting;
        var (failures, progress) = (0, -1L);
        while (true)
        {
            try
            {
                var completed = await RunGeneration(_life.Token);
                End(completed ? RunState.Succeeded : _stop ?? RunState.Paused, null);
                return;
            }
            catch (OperationCanceledException) when (_life.IsCancellationRequested)
            {
                End(RunState.Paused, null);
                return;
            }
            catch (Exception e) when (IsFinal(e))
            {
                LogFailed(e, Name, e.Message);
                End(RunState.Failed, e.Message);
                return;
            }
            catch (Exception e)
            {
                var step = _loop?.Step ?? 0;
                failures = step > progress ? 1 : failures + 1;
                progress = Math.Max(progress, step);
                if (failures > MaxFailuresWithoutProgress)
                {
                    LogFailed(e, Name, e.Message);
                    End(RunState.Failed, $"step {step + 1} failed {failures} times in a row: {e.Message}");
                    return;
                }

                _state = RunState.Recovering;
                _recoveries++;
                LogRecovering(e, Name, step + 1, _manifests?.Last.Step ?? 0);
                _events.Add(new RunRecovering(step + 1, _manifests?.Last.Step ?? 0, e.Message));
                try
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(50 << failures), time, _life.Token);
                }
                catch (OperationCanceledException)
                {
                    End(RunState.Paused, null);
                    return;
                }
            }
        }
    }

    /// <summary>Trains from the last manifest under a new generation.</summary>
    private async Task<bool> RunGeneration(CancellationToken cancellationToken)
    {
        var run = await RunStore.AcquireAsync(store, Name, cancellationToken);
        _generation = run.Generation;
        var manifest = run.Manifest ?? throw new InvalidDataFileException(Name, $"the store at {store.Location} has no manifest of this run");
        _plan = await RunPlan.Read(store, manifest, cancellationToken);
        _history = await RunHistory.Read(store, manifest, cancellationToken);
        _pipeline = new Pipeline(GrainFactory, _plan, _generation);
        _manifests = new ManifestWriter(store, run, _history, _pipeline, _events);
        _loop = new TrainingLoop(_plan, _pipeline, _history, _manifests, _events, () => _stop is not null);
        _events.Add(new RunStarted(manifest.Step, _plan.TotalSteps, _generation));
        if (manifest.Completed) return true;

        await _pipeline.Load(manifest, cancellationToken);
        _state = RunState.Running;
        var completed = await _loop.Run(cancellationToken);
        await _pipeline.Unload();
        return completed;
    }

    private void End(RunState state, string? error)
    {
        (_state, _error) = (state, error);
        _events.Add(new RunEnded(state, _loop?.Step ?? 0, error));
    }

    // Repeating cannot help: another generation owns the run, or what is stored is wrong.
    private static bool IsFinal(Exception e) =>
        e is StaleGenerationException or TrainingDivergedException or InvalidDataFileException or Model.ModelConfigException
            or Data.DatasetException;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run}: step {Step} failed; going back to the manifest of step {ManifestStep}")]
    private partial void LogRecovering(Exception exception, string run, long step, long manifestStep);

    [LoggerMessage(Level = LogLevel.Error, Message = "Run {Run} failed: {Reason}")]
    private partial void LogFailed(Exception exception, string run, string reason);
}
