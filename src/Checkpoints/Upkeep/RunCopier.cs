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
            try
            {
                // Whatever the target has. Where one can be read after all, the next round knows what it names.
                foreach (var used in contents.Unread) (await ReadAsync(used, cancellationToken).ConfigureAwait(false)).Dispose();
                if (contents.Unread.Count > 0) continue;

                // Before anything is copied for nothing.
                await ReadTargetAsync(contents).ConfigureAwait(false);

                // Whatever a copy that dies leaves behind is then of a store, which can be looked at and pruned.
                await StoreFormat.EnsureAsync(target, cancellationToken).ConfigureAwait(false);
                await CopyBlobsAsync(contents.Blobs).ConfigureAwait(false);

                // Whatever the target's garbage collection took away meanwhile is copied in the next round.
                if (!await AreThereAsync(contents, target, cancellationToken).ConfigureAwait(false)) continue;
                if (await SwapHeadAsync(contents).ConfigureAwait(false))
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

        // The target's head, once it is known that the run may take its place. A journal begins with the moment at which its run was
        // begun, which no other run has.
        async Task<RunHead?> ReadTargetAsync(RunContents contents)
        {
            await RunLease.CheckAsync(target, run, RunHolder.ThisProcess, new LeaseOptions(), TimeProvider.System, cancellationToken)
                .ConfigureAwait(false);
            var there = await RunStore.ReadHeadAsync(target, run, cancellationToken).ConfigureAwait(false);
            if (there?.Manifest is not { } blob) return there;
            bool same;
            if (there.Journal is { Count: > 0 } journal)
            {
                same = contents.Head!.Journal is { Count: > 0 } ours
                    && await BeginningAsync(target, journal[0]).ConfigureAwait(false) == await BeginningAsync(store, ours[0]).ConfigureAwait(false);
            }
            else
            {
                var manifest = await RunStore.ReadManifestAsync(target, blob, cancellationToken).ConfigureAwait(false);
                same = manifest.Spec == contents.Manifest?.Spec && manifest.Dataset == contents.Manifest?.Dataset;
            }

            if (!same) throw new InvalidDataFileException(target.Location, $"has another run of the name '{run}', which is not replaced");
            return there.Step <= contents.Head!.Step ? there : throw new InvalidDataFileException(
                target.Location, $"has run '{run}' at step {there.Step} already, which is later than step {contents.Head.Step}");
        }

        // Somebody may have begun to train the target's run since the copy began, or have put another one there. So the target is looked
        // at again after the version of its head was read that is to be replaced. Nobody works on the copy, whatever is done with the run
        // that it was made from.
        async Task<bool> SwapHeadAsync(RunContents contents)
        {
            var (head, path) = (contents.Head!, RunStore.HeadPath(run));
            var version = (await target.GetDocumentAsync(path, cancellationToken).ConfigureAwait(false))?.ETag;
            var before = await ReadTargetAsync(contents).ConfigureAwait(false);
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
                await target.PutDocumentAsync(path, RunStore.ToJson(copy), version, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (ETagMismatchException)
            {
                // Somebody else has written a head: it is looked at again.
                return false;
            }
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

    private static async Task<bool> AreThereAsync(RunContents contents, IBlobStore target, CancellationToken cancellationToken) =>
        (await RunStore.FindMissingAsync(target, contents.Blobs.Select(b => b.Blob), cancellationToken).ConfigureAwait(false)).Count == 0;
}
