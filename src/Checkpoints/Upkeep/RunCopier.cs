using System.Text.Json;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// Copies a run to another store: its blobs first, its head last. So the other store has the whole run, or an earlier whole one of
/// the same name, or none; and what was copied before is not copied again.
/// </summary>
public static class RunCopier
{
    private const int AtOnce = 4;

    // While a run trains, its manifest may be replaced, and collected, during the copy.
    private const int MostRounds = 10;

    /// <summary>Copies a run, or what is new of it.</summary>
    /// <param name="store">Where it is; it is only read.</param>
    /// <param name="run">The run.</param>
    /// <param name="target">Where it is to be.</param>
    /// <param name="copied">Told how many blobs are over there, and how many there are; null to tell nobody.</param>
    /// <param name="cancellationToken">Gives up; the same call later goes on.</param>
    /// <exception cref="InvalidDataFileException">There is no such run, or the target has another one of its name.</exception>
    /// <exception cref="DamagedBlobException">A blob of the run is missing or damaged.</exception>
    /// <exception cref="RunHeldException">Somebody trains the target's run.</exception>
    public static async Task<RunCopy> CopyAsync(
        IBlobStore store, string run, IBlobStore target, Action<int, int>? copied, CancellationToken cancellationToken)
    {
        var (blobs, bytes) = (0, 0L);
        for (var round = 1; round <= MostRounds; round++)
        {
            var contents = await RunContents.ReadAsync(store, run, cancellationToken).ConfigureAwait(false);
            if (contents is { Faults: [var fault, ..] }) throw new InvalidDataFileException(store.Location, fault.Message);
            if (contents is not { Head: { Manifest: not null } head }) throw RunManifests.NoRun(store, run);
            await CheckTargetAsync(contents, target).ConfigureAwait(false);

            // Whatever a copy that dies leaves behind is then of a store, which can be looked at and pruned.
            await StoreFormat.EnsureAsync(target, cancellationToken).ConfigureAwait(false);
            try
            {
                await CopyBlobsAsync(contents.Blobs).ConfigureAwait(false);

                // Whatever the target's garbage collection took away meanwhile is copied in the next round.
                if (!await AreThereAsync(contents, target, cancellationToken).ConfigureAwait(false)) continue;
                if (await SwapHeadAsync(head, target, cancellationToken).ConfigureAwait(false))
                    return new RunCopy(head.Step, blobs, bytes, contents.Blobs.Count - blobs);
            }
            catch (BlobMissingException e) when (e.Location == store.Location)
            {
                // If the run has gone on, or keeps less now, it no longer needs this blob.
                if (head.HasManifestsOf(await RunStore.ReadHeadAsync(store, run, cancellationToken).ConfigureAwait(false))) throw;
            }
        }

        throw new IOException(
            $"{target.Location}: run '{run}' could not be copied in {MostRounds} rounds, because it or its copy kept changing; try again");

        async Task CopyBlobsAsync(IReadOnlyList<UsedBlob> all)
        {
            var done = 0;
            var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(all, options, async (used, token) =>
            {
                if (!await target.RenewAsync(used.Blob, token).ConfigureAwait(false))
                {
                    using var content = await ReadAsync(used, token).ConfigureAwait(false);
                    if (await target.PutAsync(new ContentBlob(used.Blob.Sha256, content), token).ConfigureAwait(false))
                    {
                        Interlocked.Increment(ref blobs);
                        Interlocked.Add(ref bytes, used.Blob.Length);
                    }
                }

                copied?.Invoke(Interlocked.Increment(ref done), all.Count);
            }).ConfigureAwait(false);
        }

        // A journal begins with the moment at which its run was begun, which no other run has.
        async Task CheckTargetAsync(RunContents contents, IBlobStore other)
        {
            await RunLease.CheckAsync(other, run, RunHolder.ThisProcess, new LeaseOptions(), TimeProvider.System, cancellationToken)
                .ConfigureAwait(false);
            if (await RunContents.ReadAsync(other, run, cancellationToken).ConfigureAwait(false) is not { Head.Manifest: not null } there) return;
            var same = there.Head.Journal is { Count: > 0 } journal
                ? contents.Head!.Journal is { Count: > 0 } ours
                    && await BeginningAsync(other, journal[0]).ConfigureAwait(false) == await BeginningAsync(store, ours[0]).ConfigureAwait(false)
                : there.Manifest?.Spec == contents.Manifest?.Spec && there.Manifest?.Dataset == contents.Manifest?.Dataset;
            if (!same) throw new InvalidDataFileException(other.Location, $"has another run of the name '{run}', which is not replaced");
            if (there.Head.Step > contents.Head!.Step)
                throw new InvalidDataFileException(
                    other.Location, $"has run '{run}' at step {there.Head.Step} already, which is later than step {contents.Head.Step}");
        }

        async Task<string?> BeginningAsync(IBlobStore of, LogSegment first)
        {
            using var content = await of.ReadAsync(first.Blob, cancellationToken).ConfigureAwait(false);
            using var lines = new StreamReader(content.AsStream());
            return await lines.ReadLineAsync(cancellationToken).ConfigureAwait(false);
        }

        async Task<BlobContent> ReadAsync(UsedBlob used, CancellationToken token)
        {
            try
            {
                return await store.ReadAsync(used.Blob, token).ConfigureAwait(false);
            }
            catch (BlobCorruptException e)
            {
                throw new BlobCorruptException(e.Sha256, e.Location, used.What);
            }
            catch (BlobMissingException e)
            {
                throw new BlobMissingException(e.Sha256, e.Location, used.What);
            }
        }
    }

    private static async Task<bool> AreThereAsync(RunContents contents, IBlobStore target, CancellationToken cancellationToken)
    {
        foreach (var used in contents.Blobs)
            if (!await target.RenewAsync(used.Blob, cancellationToken).ConfigureAwait(false)) return false;
        return true;
    }

    // Nobody works on the copy, whatever is done with the run that it was made from.
    private static async Task<bool> SwapHeadAsync(RunHead head, IBlobStore target, CancellationToken cancellationToken)
    {
        var path = $"{RunStore.Prefix}{head.Run}/head.json";
        var document = await target.GetDocumentAsync(path, cancellationToken).ConfigureAwait(false);
        var before = document is null ? null : await RunStore.ReadHeadAsync(target, head.Run, cancellationToken).ConfigureAwait(false);
        if (head.HasManifestsOf(before)) return true;
        var copy = head with
        {
            State = head.IsActive ? RunHeadStates.Paused : head.State,
            Cluster = null,
            Owner = null,
            Since = null,
            Generation = Math.Max(head.Generation, before?.Generation ?? 0) + 1,
        };
        try
        {
            await target.PutDocumentAsync(
                path, JsonSerializer.SerializeToUtf8Bytes(copy, ManifestJson.Default.RunHead), document?.ETag, cancellationToken)
                    .ConfigureAwait(false);
            return true;
        }
        catch (ETagMismatchException)
        {
            // Somebody else has written a head: it is looked at again.
            return false;
        }
    }
}
