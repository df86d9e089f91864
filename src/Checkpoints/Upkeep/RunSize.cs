namespace LisaOrleans.Checkpoints;

/// <summary>What a run takes in a store.</summary>
/// <param name="Run">The run.</param>
/// <param name="Step">The step of its last manifest.</param>
/// <param name="State">What it is to do, or how it ended; see <see cref="RunHeadStates"/>.</param>
/// <param name="Bytes">Bytes of all blobs that it names.</param>
/// <param name="SharedBytes">Those of them that other runs, or other documents, name too.</param>
public sealed record RunSize(string Run, long Step, string State, long Bytes, long SharedBytes)
{
    /// <summary>Bytes that would go with the run.</summary>
    public long OwnBytes => Bytes - SharedBytes;

    /// <summary>The sizes of all runs of a store.</summary>
    /// <param name="contents">What is in the store.</param>
    public static IReadOnlyList<RunSize> Of(StoreContents contents)
    {
        var users = contents.Runs.SelectMany(r => r.Blobs).Concat(contents.Documents)
            .GroupBy(b => b.Blob.Sha256).ToDictionary(g => g.Key, g => g.Count());
        return
        [
            .. contents.Runs.Select(r => new RunSize(
                r.Run, r.Head?.Step ?? 0, StateOf(r), r.Blobs.Sum(Length), r.Blobs.Where(b => users[b.Blob.Sha256] > 1).Sum(Length))),
        ];

        // What is missing takes no room.
        long Length(UsedBlob used) => contents.Blobs.GetValueOrDefault(used.Blob.Sha256)?.Length ?? 0;
    }

    private static string StateOf(RunContents run) =>
        run.Head is null || run.Faults.Count > 0 ? "damaged"
        : run.Manifest?.Completed == true ? RunHeadStates.Succeeded
        : run.Head.State ?? RunHeadStates.Queued;
}
