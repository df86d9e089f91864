using System.Globalization;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary><c>lisa store prune</c>: lets runs keep less, and deletes what nothing names.</summary>
internal static class StorePruneCommand
{
    // A century or so.
    private const double MostHours = 1_000_000;

    /// <summary>Deletes what nothing names; 1 where a run could not be read and so keeps what it has.</summary>
    public static async Task<int> Run(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        var hours = values.Number(StoreSettings.MinAge);
        if (hours is < 0 or > MostHours)
        {
            throw new UsageException(string.Create(
                CultureInfo.InvariantCulture, $"{values.Place(StoreSettings.MinAge.Key)} is '{hours}'; it must be from 0 to {MostHours}"));
        }

        var (age, dry) = (TimeSpan.FromHours(hours), values.Flag(StoreSettings.DryRun));
        if (age < GarbageCollector.SafeAge) age = GarbageCollector.SafeAge;
        var store = await StoreCommands.Open(values, cancellationToken);
        if (!dry && hours < 1 && await UnnamedWork.FindAsync(store, TimeProvider.System, cancellationToken) is { } work)
        {
            throw new UsageException(string.Create(
                CultureInfo.InvariantCulture,
                $"{values.Place(StoreSettings.MinAge.Key)} is {hours}, but {work}, and what was just written for that would go, ")
                + "too; wait until it has ended, or spare what is younger than 1 hour");
        }

        using var scratch = dry ? ScratchFolder.Create() : null;
        if (scratch is not null) store = new DryRunBlobStore(store, new FolderBlobStore(scratch.Path));
        var (blobs, bytes) = (0, 0L);
        IReadOnlyList<StoredBlob> spared = [];
        IReadOnlyList<PrunedHistory>? runs;
        try
        {
            runs = await Shorten(values, store, cancellationToken);
        }
        catch (StoreRefusedException) when (!dry)
        {
            // A shorter list has to be written, for which a full disk has no room before something is deleted.
            (blobs, bytes, _) = await Collect(store, age, dry, cancellationToken);
            if (blobs == 0) throw;
            runs = await Shorten(values, store, cancellationToken);
        }

        var unread = runs?.Where(r => r.Problem is not null).ToArray() ?? [];
        foreach (var r in unread) ErrorReport.Write($"run '{r.Run}' cannot be read, and keeps all that it kept: {r.Problem}");
        var code = unread.Length > 0 ? ExitCodes.Failed : ExitCodes.Done;
        try
        {
            (var more, var moreBytes, spared) = await Collect(store, age, dry, cancellationToken);
            (blobs, bytes) = (blobs + more, bytes + moreBytes);
        }
        catch (Exception e) when (unread.Length > 0 && e is InvalidDataFileException or DamagedBlobException)
        {
            // What such a run names may not be known, so nothing may be deleted; what became of the others is still to be told.
            ErrorReport.Write($"no blob is deleted: {e.Message}");
        }

        if (StoreCommands.IsJson(values))
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
            StoreCommands.Print(new { dry_run = dry, blobs, bytes, spared_blobs = spared.Count, spared_bytes = spared.Sum(b => b.Length), runs = kept });
            return code;
        }

        foreach (var r in (runs ?? []).Except(unread))
        {
            Console.WriteLine(r.IsHeld
                ? $"{r.Run}  is being worked on, and keeps its {r.Count} manifests"
                : $"{r.Run}  {(dry ? "would keep" : "keeps")} {r.Count - r.Steps.Count} of {r.Count} manifests");
            foreach (var (step, job) in r.Spared) Console.WriteLine($"{r.Run}@{step}  stays: {job} is still to begin with it");
        }

        Console.WriteLine($"{(dry ? "would delete" : "deleted")} {blobs} blobs ({StoreCommands.Size(bytes)}) that nothing names");
        if (spared.Count > 0)
        {
            Console.WriteLine(
                $"{(dry ? "would spare" : "spared")} {spared.Count} blobs ({StoreCommands.Size(spared.Sum(b => b.Length))}) that nothing names: "
                + $"written within {Describe(age)}, they may belong to what somebody is making");
        }

        return code;
    }

    private static string Describe(TimeSpan age) => age < TimeSpan.FromHours(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{age.TotalMinutes:0.#} minutes")
        : string.Create(CultureInfo.InvariantCulture, $"{age.TotalHours:0.#} hours");

    private static async Task<(int Blobs, long Bytes, IReadOnlyList<StoredBlob> Spared)> Collect(
        IBlobStore store, TimeSpan age, bool dry, CancellationToken cancellationToken)
    {
        if (dry)
        {
            var garbage = await GarbageCollector.FindAsync(store, age, TimeProvider.System, cancellationToken);
            return (garbage.Old.Count, garbage.Old.Sum(b => b.Length), garbage.Young);
        }

        var report = await GarbageCollector.CollectAsync(store, age, TimeProvider.System, cancellationToken);
        return (report.Deleted, report.DeletedBytes, report.Spared);
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
}
