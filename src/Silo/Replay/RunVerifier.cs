using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Silo;

/// <summary>
/// Repeats steps of a run from the kept manifest before them, and compares what the run's log and its kept manifests say of them, bit
/// for bit. The first difference is found, and named.
/// </summary>
public sealed class RunVerifier
{
    private const int MostRounds = 10;

    private readonly IBlobStore _store;
    private readonly RunManifests _manifests;
    private readonly Manifest _newest;
    private readonly IReadOnlyList<long> _steps;
    private readonly Action<long, long>? _progress;
    private readonly Action<string>? _say;

    private RunVerifier(IBlobStore store, RunManifests manifests, Manifest newest, Action<long, long>? progress, Action<string>? say) =>
        (_store, _manifests, _newest, _steps, _progress, _say) = (store, manifests, newest, RunFork.OwnSteps(manifests, newest), progress, say);

    /// <summary>Verifies steps of a run. Nothing of the store is changed. A run that goes on meanwhile is verified as it is then.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run.</param>
    /// <param name="steps">The first and the last step; null for all that can be repeated.</param>
    /// <param name="progress">Told which step has been repeated, and which is the last one; null to tell nobody.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="say">Told, before steps are repeated, that this machine is of another kind than the run's. Default null.</param>
    /// <exception cref="InvalidDataFileException">
    /// There is no such run, or it keeps no manifest before the steps, or goes on before what it keeps has been repeated.
    /// </exception>
    public static async Task<VerifiedRun> VerifyAsync(
        IBlobStore store, string run, (long First, long Last)? steps, Action<long, long>? progress, CancellationToken cancellationToken,
        Action<string>? say = null)
    {
        RunName.Validate(run);
        for (var round = 1; ; round++)
        {
            try
            {
                return await VerifyOnceAsync(store, run, steps, progress, say, cancellationToken);
            }
            catch (BlobMissingException)
            {
                // The run went on, and keeps less than it did.
                if (round < MostRounds) continue;
                throw new InvalidDataFileException(
                    $"run '{run}'", $"went on while it was verified, {MostRounds} times before what it keeps was repeated; pause it, or name steps");
            }
        }
    }

    private static async Task<VerifiedRun> VerifyOnceAsync(
        IBlobStore store, string run, (long First, long Last)? steps, Action<long, long>? progress, Action<string>? say,
        CancellationToken cancellationToken)
    {
        var (head, unread) = await TryAsync(() => RunStore.ReadHeadAsync(store, run, cancellationToken), null);
        if (unread is null && head is not { Manifest: not null }) throw RunManifests.NoRun(store, run);
        var last = steps?.Last ?? head?.Step ?? 0;
        if (head is null) return NotRepeated(unread);
        var (verifier, unopened) = await TryAsync(OpenAsync, head);
        if (verifier is null) return NotRepeated(unopened);
        if (last > head.Step) throw new InvalidDataFileException($"run '{run}'", $"has {head.Step} steps, so step {last} cannot be repeated");
        var begin = verifier.Begin(steps?.First, run);
        var (verified, failure) = await TryAsync(() => verifier.VerifyAsync(begin, last, cancellationToken), head);
        return verified ?? NotRepeated(failure);

        async Task<RunVerifier?> OpenAsync()
        {
            await ReadBlobsAsync(store, (head.Journal ?? []).Concat(head.Kept ?? []).Select(s => s.Blob), cancellationToken);
            var manifests = await RunManifests.OfAsync(store, head, cancellationToken);
            var newest = await manifests.ReadAsync(manifests.Last, cancellationToken);
            return RunBlobs.WrongStep(run, head.Step, newest) is { } wrong
                ? throw new RunReplayException(run, wrong)
                : new RunVerifier(store, manifests, newest, progress, say);
        }

        VerifiedRun NotRepeated(string? why) => new(run, null, last, [], why);

        // What a run names may be damaged, or whole and nonsense: that is a difference, as is a change that its parts do not go with.
        async Task<(T? Value, string? Wrong)> TryAsync<T>(Func<Task<T?>> read, RunHead? of)
            where T : class
        {
            try
            {
                return (await read(), null);
            }
            catch (RunReplayException e)
            {
                return (null, e.Reason);
            }
            catch (Exception e) when (
                e is DamagedBlobException or InvalidDataFileException or InvalidTrainingSettingException or ModelConfigException or DatasetException)
            {
                if (e is BlobMissingException && of?.HasManifestsOf(await RunStore.ReadHeadAsync(store, run, cancellationToken)) == false) throw;
                return (null, (await RunBlobs.NameAsync(store, run, e, cancellationToken)).Message);
            }
        }
    }

    private async Task<VerifiedRun?> VerifyAsync(long begin, long last, CancellationToken cancellationToken)
    {
        var run = _manifests.Head.Run;
        var read = new List<(long Step, BlobRef Blob, Manifest Manifest)>();
        foreach (var (step, blob) in Chain().Where(k => k.Step >= begin && k.Step <= last))
        {
            var manifest = await _manifests.ReadAsync(blob, cancellationToken);
            if (RunBlobs.WrongStep(run, step, manifest) is { } wrong) throw new RunReplayException(run, wrong);
            read.Add((step, blob, manifest));
        }

        await ReadBlobsAsync(_store, read.Select(r => r.Manifest).Append(_newest).SelectMany(m => m.References()), cancellationToken);
        var hasEnd = last == _manifests.Head.Step && read[^1].Blob != _manifests.Last;
        List<(long Step, BlobRef Blob, Manifest Manifest)> all = hasEnd ? [.. read, (last, _manifests.Last, _newest)] : read;
        var difference = await ManifestDifference.FindAsync(_store, [.. all.Select(r => r.Manifest)], cancellationToken)
            ?? await FindInStepsAsync(read, last, cancellationToken);
        if (hasEnd) difference ??= await FindOtherEndAsync(read[^1].Manifest, cancellationToken);
        return new VerifiedRun(run, begin, last, [.. all.Select(r => new VerifiedManifest(r.Step, r.Blob.Sha256))], difference);
    }

    // The last manifest is not the one that is kept of its step where a run ends with the weights of its best one, or was given
    // other settings since. No repetition makes it, so it is held to that one.
    private async Task<string?> FindOtherEndAsync(Manifest kept, CancellationToken cancellationToken)
    {
        var isBest = _newest.Completed && (await RunFiles.ReadSpecAsync(_store, _newest, cancellationToken)).LoadBestModelAtEnd;
        if (isBest)
        {
            if (_manifests.Kept.FirstOrDefault(k => k.IsBest) is not { } best) return "the run ends with its best manifest, but its list has none";
            kept = await _manifests.ReadAsync(best.Manifest, cancellationToken);
        }

        var other = kept.Parts.Keys.FirstOrDefault(p => Ended(_newest.Parts.GetValueOrDefault(p)) != Ended(kept.Parts[p]));
        return other is null
            ? null
            : $"the last manifest has another {other} than {(isBest ? "the best" : "the one")} that is kept, of step {kept.Step}";

        // Nobody goes on with the moments of a run that has ended.
        PartState? Ended(PartState? state) => _newest.Completed && state is not null ? state with { Parked = null } : state;
    }

    // The manifest of each step that has the weights of that step.
    private IEnumerable<(long Step, BlobRef Blob)> Chain() =>
        _steps.Select(step => (step, _manifests.BlobOf(ManifestAddress.At(_manifests.Head.Run, step))));

    private long Begin(long? first, string run)
    {
        // A fork that has not taken a step has none to repeat.
        var step = _manifests.Head.Step;
        if (first is null) return _steps[0] < step || step == RunFork.BaseStep(_newest) ? _steps[0] : throw None("");
        return _steps.Any(s => s < first) ? _steps.Last(s => s < first) : throw None($" before step {first}");

        InvalidDataFileException None(string before) => new(
            $"run '{run}'",
            RunFork.OriginOf(_newest) is { } origin && first <= origin.Step
                ? $"was forked from {origin}, so step {first} is repeated by 'lisa verify {origin.Run}'"
                : $"keeps no manifest{before} from which its steps could be repeated: it keeps {RunManifests.Describe(_steps)}; "
                    + "train with --keep-manifests base, or all");
    }

    // Reading one checks its hash.
    private static async Task ReadBlobsAsync(IBlobStore store, IEnumerable<BlobRef> blobs, CancellationToken cancellationToken)
    {
        foreach (var blob in blobs.Distinct()) (await store.ReadAsync(blob, cancellationToken)).Dispose();
    }

    private async Task<string?> FindInStepsAsync(
        IReadOnlyList<(long Step, BlobRef Blob, Manifest Manifest)> read, long last, CancellationToken cancellationToken)
    {
        var log = await RunHistory.Read(_store, _newest, cancellationToken);
        var plan = await RunPlan.Read(_store, _newest, cancellationToken);
        return EndDifference.Find(_manifests, _newest, plan.Spec, plan.TotalSteps, log.Records)
            ?? await RepeatAsync(read, last, log, cancellationToken);
    }

    private async Task<string?> RepeatAsync(
        IReadOnlyList<(long Step, BlobRef Blob, Manifest Manifest)> read, long last, RunHistory log, CancellationToken cancellationToken)
    {
        var from = read[0].Manifest;
        if (read.Count == 1 && last == from.Step) return null;
        if (ListDifference.Find(_manifests.Kept, log.Records) is { } listed) return listed;
        var cause = new DifferenceCause(_store, RunKinds.Of(read[^1].Step == last ? read[^1].Manifest : _newest));
        if (cause.OtherKind is { } other) _say?.Invoke(other);
        var save = (int)Math.Min(int.MaxValue, read.Skip(1).Select(r => r.Step).Append(last).Aggregate(0L, GreatestCommonDivisor));
        (StepRecord Had, string What, bool IsPlanned)? wrong = null;
        using var replay = await RunReplay.RepeatAsync(
            _store, from, s => s with { SaveSteps = save, KeepManifests = "all", SaveTotalLimit = null, LoadBestModelAtEnd = false }, last, record =>
            {
                _progress?.Invoke(record.Step, last);
                var had = log.Records[(int)record.Step - 1];
                if (wrong is null && StepDifference.Find(had, record) is { } what)
                    wrong = (had, what, StepDifference.FindPlanned(had, record) is not null);
                return wrong is null;
            },
            cancellationToken, lastStepIsEnd: _newest.Completed && _newest.Step == last,
            kept: read.SelectMany(r => r.Manifest.References()).Select(b => b.Sha256).ToHashSet());

        var spec = await RunFiles.ReadSpecAsync(_store, from, cancellationToken);
        var repeated = await RunManifests.FindAsync(replay.Store, replay.Run, cancellationToken);
        foreach (var (step, _, manifest) in read.Skip(1).TakeWhile(r => wrong is null || r.Step < wrong.Value.Had.Step))
        {
            var again = await repeated!.ReadAsync(repeated.BlobOf(ManifestAddress.At(replay.Run, step)), cancellationToken);
            if (await PartDifference.FindAsync(_store, manifest, replay.Store, again, cancellationToken) is { } what) return $"step {step}: {what}";
        }

        if (wrong is not { } found) return null;
        var why = found.IsPlanned ? "" : await cause.ExplainAsync(from, spec, found.Had, cancellationToken);
        return $"step {found.Had.Step}: {found.What}{why}";
    }

    private static long GreatestCommonDivisor(long a, long b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);
}
