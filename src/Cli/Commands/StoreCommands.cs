using System.Globalization;
using System.Text.Json;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

/// <summary><c>lisa store list|sizes|verify|repair|copy</c>: what is in a store, and whether it is whole.</summary>
internal static class StoreCommands
{
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

    /// <summary>Bytes as people say them.</summary>
    internal static string Size(long bytes) => bytes < 1_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB");

    /// <summary>Opens a store in which runs are, or were.</summary>
    internal static async Task<IBlobStore> Open(SettingValues values, CancellationToken cancellationToken)
    {
        var store = await ClusterStores.Open(values, cancellationToken, mustExist: true);

        // Early builds wrote no store.json.
        if (await StoreFormat.ReadAsync(store, cancellationToken) is not null) return store;
        return await RunStore.ListRunsAsync(store, cancellationToken).AnyAsync(cancellationToken)
            ? store
            : throw new UsageException(
                $"{values.Place(KnownSettings.ClusterStore.Key)}: {store.Location} has no store.json and no run, so no run was ever in it");
    }

    /// <summary>Whether JSON is wanted.</summary>
    internal static bool IsJson(SettingValues values) => values.Text(KnownSettings.LogFormat) == "json";

    /// <summary>Prints a line of JSON.</summary>
    internal static void Print(object value) => Console.WriteLine(JsonSerializer.Serialize(value));

    private static async Task<(StoreContents Contents, IReadOnlyList<StoreFault> Faults)> Read(
        SettingValues values, IBlobStore store, CancellationToken cancellationToken)
    {
        using var progress = new StoreProgress("reading blobs", IsJson(values));
        return await StoreVerifier.VerifyAsync(store, progress.Report, cancellationToken);
    }
}
