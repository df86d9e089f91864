using System.Net;
using System.Runtime.InteropServices;
using LisaOrleans.Api;
using LisaOrleans.Checkpoints;
using LisaOrleans.Dashboard;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary><c>lisa train</c>: imports model and data into the store, runs the grains in this process, writes the result.</summary>
internal sealed class TrainCommand : IAsyncDisposable
{
    private static readonly LeaseOptions s_lease = new()
    {
        Unheard = (run, e) => ErrorReport.Write(
            $"run '{run}' goes on, but its store does not learn that this process lives, so another machine may take the run: {e.Message}"),
    };

    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(1);

    private readonly SettingValues _values;
    private readonly TrainingStart _start;
    private readonly string _output;
    private readonly NewFolders _folders = new();
    private readonly SiloPorts _ports;
    private readonly int? _httpPort;
    private readonly ApiServerOptions _http;
    private readonly IRunReporter _reporter;
    private readonly TaskCompletionSource _interrupted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ReadAheadBlobStore _store = null!;
    private RunLease? _lease;
    private IDisposable? _outputHold;

    // Whether a signal has come, or nothing is left that one would have to save.
    private bool _endsAtOnce;

    private TrainCommand(SettingValues values)
    {
        _values = values;
        _ports = new SiloPorts(values);
        _start = TrainingStart.From(values);
        (_httpPort, _http) = (HttpServerOptions.OptionalPort(values), HttpServerOptions.From(values));
        var output = values.FullPath(KnownSettings.Output);
        _start.CheckOutput(output);
        _output = output;
        _reporter = Reporters.Create(values);
    }

    private string RunName => _start.RunName;

    public static async Task<int> Run(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        await using var command = new TrainCommand(values);
        try
        {
            return await command.Run(cancellationToken);
        }
        catch (DamagedBlobException e)
        {
            throw await RunBlobs.NameAsync(command._store, command.RunName, e, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _reporter.Dispose();
        _ports.Dispose();
        _outputHold?.Dispose();
        if (_store is not null) await _store.DisposeAsync();
        if (_lease is not null) await _lease.DisposeAsync();
    }

    private async Task<int> Run(CancellationToken cancellationToken)
    {
        using var import = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, s => OnSignal(s, import));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, s => OnSignal(s, import));
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, s => OnSignal(s, import));

        var outcome = await Prepare(import.Token);
        Announce(outcome);
        var samples = new TrainingSamples(_values, _start, _reporter, outcome.Spec);
        if (!outcome.Resumed) await samples.ShowBeforeAsync(_store);
        var end = outcome.AlreadyCompleted ? new TrainingEnd(RunState.Succeeded, outcome.TotalSteps, null) : await TrainUntilTaken(outcome);
        switch (end.State)
        {
            case RunState.Succeeded:
                var (history, seconds) = await OutputFolder.WriteAsync(_store, RunName, _output);
                await samples.ShowAfterAsync(_store, _output);
                var best = await (await RunManifests.OfAsync(_store, RunName, CancellationToken.None)).BestAtEndAsync(CancellationToken.None);
                foreach (var line in RunSummary.Lines(history, seconds, outcome.Spec, outcome.TotalSteps, best, _output)) _reporter.Say(line);
                return ExitCodes.Done;

            case RunState.Paused:
                _reporter.Say("interrupted; a manifest was saved, and the same command resumes");
                return ExitCodes.Interrupted;

            case RunState.Cancelled:
                _reporter.Say($"run '{RunName}' was cancelled after step {end.Step}; lisa fork makes a run that goes on from there");
                return ExitCodes.Cancelled;

            default:
                return ExitCodes.Failed;
        }
    }

    private async Task<ImportOutcome> Prepare(CancellationToken cancellationToken)
    {
        try
        {
            // The server starts only after the import, which would be late to learn that its port is in use.
            if (_httpPort > 0) _ports.TakeHttp(KnownSettings.TrainHttpPort, [IPAddress.Loopback]);
            _folders.Expect(_output);
            OutputFolder.Prepare(_output);
            _store = new(await ClusterStores.Open(_values, cancellationToken, otherwise: Path.Combine(_output, "lisa-store"), folders: _folders));
            await OutputFolder.CheckNotTrainedAsync(_output, RunName, _store, cancellationToken);
            if (!_values.Flag(KnownSettings.TakeOver))
                await RunLease.CheckAsync(_store, RunName, RunHolder.ThisProcess, s_lease, TimeProvider.System, cancellationToken);
            return await Import(cancellationToken);
        }
        catch
        {
            _outputHold?.Dispose();
            _folders.RemoveEmpty();
            throw;
        }
    }

    private async Task<ImportOutcome> Import(CancellationToken cancellationToken)
    {
        using var line = new ProgressLines(quiet: _values.Text(KnownSettings.LogFormat) == "json");
        return await _start.PrepareAsync(_store, _output, line, new() { BeforeWriting = Hold, DataKnown = _store.Begin }, cancellationToken);
    }

    // For as long as this process lives: the same command, started twice by mistake, is refused.
    private async Task Hold(CancellationToken cancellationToken)
    {
        _lease = await RunLease.AcquireAsync(
            _store, RunName, RunHolder.ThisProcess, _values.Flag(KnownSettings.TakeOver), s_lease, TimeProvider.System, cancellationToken);
        _outputHold = await OutputFolder.HoldAsync(_output, RunName, _store, cancellationToken);
    }

    private void Announce(ImportOutcome outcome)
    {
        var s = outcome.Data.Training;
        if (outcome.AlreadyCompleted) _reporter.Say($"run '{RunName}' is complete ({outcome.TotalSteps} steps); writing its model again");
        else if (outcome.Resumed) _reporter.Say($"resuming run '{RunName}' from step {outcome.ManifestStep} of {outcome.TotalSteps}");
        else _reporter.Say(
            $"run '{RunName}': {Quantity.Of(s.Samples, "sample")}, {Quantity.Of(s.Tokens, "token")}, {Quantity.Of(outcome.TotalSteps, "step")}, "
            + $"{Quantity.Of(outcome.Spec.Threads, "thread")} on {TrainingDevice.Name}{RunDtypes.Describe(outcome.Spec)}");
        if (s.LengthsText is { } lengths) _reporter.Say(lengths);
        foreach (var line in s.Notes.Concat(outcome.Data.ValidationLines)) _reporter.Say(line);
        if (outcome.ModelNote is { } note) _reporter.Say(note);
        if (outcome.TemplateBesideOwn is { } template)
        {
            _reporter.Say(
                $"the model has a chat template of its own, which stays the usual one of its folder; {template}, in which it is trained, "
                    + $"is written to "
                + ModelFileNames.AdditionalTemplate(template));
        }
    }

    private async Task<TrainingEnd> TrainUntilTaken(ImportOutcome outcome)
    {
        var error = $"run '{RunName}' was taken over by another process, as --take-over asks; this one ends";
        try
        {
            var end = await Train(outcome);
            if (end.Error is not { } failure) return end;
            if (!await _lease!.IsTakenAsync()) error = failure;
        }
        catch (Exception)
        {
            if (!await _lease!.IsTakenAsync()) throw;
        }

        ErrorReport.Write(error);
        return new TrainingEnd(RunState.Failed, 0, error);
    }

    private async Task<TrainingEnd> Train(ImportOutcome outcome)
    {
        await using var silo = await EmbeddedSilo.StartAsync(
            new EmbeddedSiloOptions
            {
                Store = _store,
                Run = RunName,
                HttpPort = _httpPort ?? 0,
                Ports = _ports.Reservation,
                Http = _httpPort is null ? null : new DashboardServer(_http with { Tell = ErrorReport.Write }),
            }, CancellationToken.None);
        if (silo.HttpAddress is { } address) _reporter.Say($"HTTP API at {address.AbsoluteUri.TrimEnd('/')}/v1");
        using var logs = new RunLogs(_output);
        await logs.RewriteAsync(
            await RunExporter.ReadHistoryAsync(_store, RunName, CancellationToken.None),
            await RunLogs.ReadJournalAsync(_store, RunName, CancellationToken.None), CancellationToken.None);
        var run = new TrainedRun(
            RunName, silo.Grains.GetGrain<IRunGrain>(RunName), _httpPort is not null, _reporter, logs, _interrupted);
        try
        {
            return await run.TrainAsync(outcome.TotalSteps, _lease!.Lost);
        }
        finally
        {
            await PauseOthers(silo);
            _endsAtOnce = true;
        }
    }

    // Jobs, and forks that were made on the dashboard: without this silo nobody goes on with them.
    private async Task PauseOthers(EmbeddedSilo silo)
    {
        string[] others = [.. silo.RunsAtWork.Where(r => r != RunName)];
        Task<string?>[] pausing = [.. others.Select(r => InterruptedRun.PauseAsync(silo.Grains.GetGrain<IRunGrain>(r)))];
        foreach (var (name, paused) in others.Zip(pausing))
        {
            if (await paused is { } untold) ErrorReport.Write($"run '{name}' has stopped, and its last manifest holds: {untold}");
            else _reporter.Say($"run '{name}' is paused, too; it can be resumed where its store is served, or by lisa train --resume {name}");
        }
    }

    // The first signal asks for a manifest; the second ends the process at once.
    private void OnSignal(PosixSignalContext signal, CancellationTokenSource import)
    {
        if (Interlocked.Exchange(ref _endsAtOnce, true))
        {
            // Its terminal gets its cursor back, unless it takes nothing any more.
            Task.Run(_reporter.Dispose).Wait(s_farewell);
            return;
        }

        signal.Cancel = true;
        EndingSignal.TryTake(signal.Signal);
        _interrupted.TrySetResult();
        import.Cancel();
    }
}
