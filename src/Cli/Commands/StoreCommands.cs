using System.Globalization;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary><c>lisa store list|sizes|verify|repair|copy|prune</c>: what is in a store, whether it is whole, and what may go.</summary>
internal static class StoreCommands
{
    // A century or so.
    private const double MostHours = 1_000_000;

    /// <summary>The runs, their steps and what they take.</summary>
    public static async Task<int> List(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        var store = await Open(values, cancellationToken);
        var contents = await StoreContents.ReadAsync(store, cancellationToken);
        var runs = RunSize.Of(contents);
        if (IsJson(values))
        {
            Print(runs.Select(r => new { run = r.Run, status = r.State, step = r.Step, bytes = r.Bytes }));
            return ExitCodes.Done;
        }

        foreach (var r in runs)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{r.Run}  {r.State}  step {r.Step}  {Size(r.Bytes)}"));
        return ExitCodes.Done;
    }

    /// <summary>What each run takes, what runs share, and what nothing names.</summary>
    public static async Task<int> Sizes(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        var store = await Open(values, cancellationToken);
        var contents = await StoreContents.ReadAsync(store, cancellationToken);
        var (runs, named) = (RunSize.Of(contents), contents.Used.Select(u => u.Blob.Sha256).ToHashSet());
        var all = contents.Blobs.Values.Sum(b => b.Length);
        var unnamed = contents.Blobs.Values.Where(b => !named.Contains(b.Sha256)).Sum(b => b.Length);
        if (IsJson(values))
        {
            Print(new
            {
                runs = runs.Select(r => new { run = r.Run, bytes = r.Bytes, own_bytes = r.OwnBytes, shared_bytes = r.SharedBytes }),
                bytes = all,
                unnamed_bytes = unnamed,
                blobs = contents.Blobs.Count,
            });
            return ExitCodes.Done;
        }

        foreach (var r in runs) Console.WriteLine($"{r.Run}  {Size(r.Bytes)}, of which {Size(r.OwnBytes)} its own and {Size(r.SharedBytes)} shared");
        Console.WriteLine($"all  {Size(all)} in {contents.Blobs.Count} blobs, of which nothing names {Size(unnamed)}");
        return ExitCodes.Done;
    }

    /// <summary>Reads every blob; 1 where something is damaged or missing.</summary>
    public static async Task<int> Verify(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        var store = await Open(values, cancellationToken);
        var (contents, faults) = await Read(values, store, cancellationToken);
        foreach (var fault in faults) ErrorReport.Write(fault.Message);
        if (faults.Count > 0) return ExitCodes.Failed;
        Console.WriteLine($"{store.Location}: all {contents.Blobs.Count} blobs ({Size(contents.Blobs.Values.Sum(b => b.Length))}) are whole, "
            + $"and everything that {Quantity.Of(contents.Runs.Count, "run names", "runs name")} is there");
        return ExitCodes.Done;
    }

    /// <summary>Puts back from a peer what is damaged or missing; 1 where the peer does not have it either.</summary>
    public static async Task<int> Repair(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        var store = await Open(values, cancellationToken);
        var peer = await ClusterStores.Open(values, cancellationToken, mustExist: true, setting: StoreSettings.From);
        var (_, faults) = await Read(values, store, cancellationToken);
        var (blobs, bytes) = (0, 0L);
        while (faults.Count > 0)
        {
            // What a manifest names is known only when the manifest itself is whole again.
            var (repaired, added, _) = await StoreRepair.RepairAsync(store, faults, peer, cancellationToken);
            (blobs, bytes) = (blobs + repaired, bytes + added);
            if (repaired == 0) break;
            var before = faults;
            (_, faults) = await Read(values, store, cancellationToken);
            if (!before.Except(faults).Any()) break;
        }

        Console.WriteLine($"{blobs} blobs ({Size(bytes)}) put back from {peer.Location}");
        foreach (var fault in faults) ErrorReport.Write(fault.Message);
        return faults.Count > 0 ? ExitCodes.Failed : ExitCodes.Done;
    }

    /// <summary>Copies a run to another store.</summary>
    public static async Task<int> Copy(SettingValues values, string? run, CancellationToken cancellationToken)
    {
        RunName.Validate(run!);
        var store = await Open(values, cancellationToken);

        // Before the other store is made for nothing.
        if (await RunStore.ReadHeadAsync(store, run!, cancellationToken) is not { Manifest: not null })
            throw RunManifests.NoRun(store, run!);
        var target = await ClusterStores.Open(values, cancellationToken, setting: StoreSettings.To);
        if (store.Location == target.Location) throw new UsageException($"--to: {target.Location} is the store that the run is in");
        using var progress = new StoreProgress("copying blobs", IsJson(values));
        var copy = await RunCopier.CopyAsync(store, run!, target, progress.Report, cancellationToken);
        progress.Dispose();
        if (IsJson(values)) Print(new { run, step = copy.Step, blobs = copy.Blobs, bytes = copy.Bytes, present = copy.Present });
        else Console.WriteLine(
            $"step {copy.Step} of run '{run}' copied to {target.Location}: {copy.Blobs} blobs ({Size(copy.Bytes)}), {copy.Present} were there");
        return ExitCodes.Done;
    }

    /// <summary>Deletes what nothing names; 1 where a run could not be read and so keeps what it has.</summary>
    public static async Task<int> Prune(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        var hours = values.Number(StoreSettings.MinAge);
        if (hours is < 0 or > MostHours)
        {
            throw new UsageException(string.Create(
                CultureInfo.InvariantCulture, $"{values.Place(StoreSettings.MinAge.Key)} is '{hours}'; it must be from 0 to {MostHours}"));
        }

        var (age, dry) = (TimeSpan.FromHours(hours), values.Flag(StoreSettings.DryRun));
        var store = await Open(values, cancellationToken);
        if (!dry && hours < 1 && await HeldRuns.FindAsync(store, cancellationToken) is { } held)
        {
            throw new UsageException(string.Create(
                CultureInfo.InvariantCulture,
                $"{values.Place(StoreSettings.MinAge.Key)} is {hours}, but run '{held}' is being worked on, and what it has just written would go, ")
                + "too; wait until it has ended, or spare what is younger than 1 hour");
        }

        using var scratch = dry ? ScratchFolder.Create() : null;
        if (scratch is not null) store = new DryRunBlobStore(store, new FolderBlobStore(scratch.Path));
        var (blobs, bytes) = (0, 0L);
        IReadOnlyList<PrunedHistory>? runs;
        try
        {
            runs = await Shorten(values, store, cancellationToken);
        }
        catch (StoreRefusedException) when (!dry)
        {
            // A shorter list has to be written, for which a full disk has no room before something is deleted.
            (blobs, bytes) = await Collect(store, age, dry, cancellationToken);
            if (blobs == 0) throw;
            runs = await Shorten(values, store, cancellationToken);
        }

        var unread = runs?.Where(r => r.Problem is not null).ToArray() ?? [];
        foreach (var r in unread) ErrorReport.Write($"run '{r.Run}' cannot be read, and keeps all that it kept: {r.Problem}");
        var code = unread.Length > 0 ? ExitCodes.Failed : ExitCodes.Done;
        try
        {
            var (more, moreBytes) = await Collect(store, age, dry, cancellationToken);
            (blobs, bytes) = (blobs + more, bytes + moreBytes);
        }
        catch (Exception e) when (unread.Length > 0 && e is InvalidDataFileException or DamagedBlobException)
        {
            // What such a run names may not be known, so nothing may be deleted; what became of the others is still to be told.
            ErrorReport.Write($"no blob is deleted: {e.Message}");
        }

        if (IsJson(values))
        {
            var kept = runs?.Select(r => new
            {
                run = r.Run,
                manifests = r.Count,
                dropped = r.Steps,
                spared = r.Spared.Select(s => new { step = s.Step, needed_by = s.NeededBy }),
                held = r.IsHeld,
                problem = r.Problem,
            });
            Print(new { dry_run = dry, blobs, bytes, runs = kept });
            return code;
        }

        foreach (var r in (runs ?? []).Except(unread))
        {
            Console.WriteLine(r.IsHeld
                ? $"{r.Run}  is being worked on, and keeps its {r.Count} manifests"
                : $"{r.Run}  {(dry ? "would keep" : "keeps")} {r.Count - r.Steps.Count} of {r.Count} manifests");
            foreach (var (step, job) in r.Spared) Console.WriteLine($"{r.Run}@{step}  stays: {job} is still to begin with it");
        }

        Console.WriteLine($"{(dry ? "would delete" : "deleted")} {blobs} blobs ({Size(bytes)}) that nothing names");
        return code;
    }

    private static async Task<(int Blobs, long Bytes)> Collect(IBlobStore store, TimeSpan age, bool dry, CancellationToken cancellationToken)
    {
        if (dry)
        {
            var (_, garbage) = await GarbageCollector.FindAsync(store, null, age, TimeProvider.System, cancellationToken);
            return (garbage.Count, garbage.Sum(b => b.Length));
        }

        var report = await GarbageCollector.CollectAsync(store, age, TimeProvider.System, cancellationToken);
        return (report.Deleted, report.DeletedBytes);
    }

    // Null where no --keep is given.
    private static async Task<IReadOnlyList<PrunedHistory>?> Shorten(SettingValues values, IBlobStore store, CancellationToken cancellationToken)
    {
        if (values.OptionalText(StoreSettings.Keep) is not { } keep) return null;
        try
        {
            return await HistoryPruning.PruneAsync(store, keep, cancellationToken);
        }
        catch (InvalidTrainingSettingException e)
        {
            throw new UsageException($"{values.Place(StoreSettings.Keep.Key)} {e.Problem}");
        }
    }

    /// <summary>Bytes as people say them.</summary>
    internal static string Size(long bytes) => bytes < 1_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB");

    private static async Task<IBlobStore> Open(SettingValues values, CancellationToken cancellationToken)
    {
        var store = await ClusterStores.Open(values, cancellationToken, mustExist: true);

        // Early builds wrote no store.json.
        if (await StoreFormat.ReadAsync(store, cancellationToken) is not null) return store;
        return await RunStore.ListRunsAsync(store, cancellationToken).AnyAsync(cancellationToken)
            ? store
            : throw new UsageException(
                $"{values.Place(KnownSettings.ClusterStore.Key)}: {store.Location} has no store.json and no run, so no run was ever in it");
    }

    private static bool IsJson(SettingValues values) => values.Text(KnownSettings.LogFormat) == "json";

    private static void Print(object value) => Console.WriteLine(JsonSerializer.Serialize(value));

    private static async Task<(StoreContents Contents, IReadOnlyList<StoreFault> Faults)> Read(
        SettingValues values, IBlobStore store, CancellationToken cancellationToken)
    {
        using var progress = new StoreProgress("reading blobs", IsJson(values));
        return await StoreVerifier.VerifyAsync(store, progress.Report, cancellationToken);
    }
}
