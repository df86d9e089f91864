using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains.Tests;

/// <summary>Manifests hold the state of their step, however much of the next steps happens before it is stored.</summary>
public sealed class SlowUploadTests
{
    private const int Steps = 9;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TrainingMethods.Lisa)]
    [InlineData(TrainingMethods.Lora)]
    public async Task SaveSteps_uploads_that_outlast_the_next_update_store_the_same_blobs(string method)
    {
        var spec = (method == TrainingMethods.Lora ? TinyStories.LoraSpec(Steps) : TinyStories.Spec(Steps) with { LisaIntervalSteps = 3 }) with
        {
            SaveSteps = 1,
            KeepManifests = "all",
        };
        using var plain = await TestRun.TrainAsync(spec);
        using var run = await TestRun.ImportAsync(spec);
        var store = new WaitingStore(run.Store);
        var ended = await run.ContinueAsync(through: store, during: grain => ReleaseStepByStepAsync(grain, store));

        Assert.True(ended.State == RunState.Succeeded, ended.Error);
        Assert.True(store.Held > 0, "no upload had to wait for a step");
        Assert.Equal(await PartsAsync(plain), await PartsAsync(run));
        Assert.Equal(Steps, (await run.HistoryAsync()).Count);
    }

    [Fact]
    public async Task SaveSteps_collection_that_never_ends_keeps_no_manifest_waiting()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(Steps) with { SaveSteps = 1 });
        var store = new ShutStore(run.Store);
        var ended = await run.ContinueAsync(through: store, options: new RunOptions { CollectPeriod = TimeSpan.Zero, CollectPatience = TimeSpan.Zero });
        Assert.True(ended.State == RunState.Succeeded, ended.Error);
        Assert.Equal(1, store.Collections);
        Assert.True((await run.ManifestAsync()).Completed);
    }

    [Fact]
    public async Task SaveSteps_upload_that_takes_long_keeps_what_is_stored_already_new()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(1));
        var store = new OneSlowUploadStore(run.Store);
        var ended = await run.ContinueAsync(through: store, options: new RunOptions { RenewPeriod = TimeSpan.FromMilliseconds(20) });
        Assert.True(ended.State == RunState.Succeeded, ended.Error);
        Assert.NotEmpty(store.RenewedMeanwhile);
    }

    [Fact]
    public async Task Run_that_ends_deletes_what_its_last_manifest_has_replaced()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(2) with { SaveSteps = 1 });
        await run.ContinueAsync(options: new RunOptions { LastStep = 1 });
        foreach (var blob in Directory.EnumerateFiles(Path.Combine(run.Store.Location, "blobs"), "*", SearchOption.AllDirectories))
            File.SetLastWriteTimeUtc(blob, DateTime.UtcNow.AddMinutes(-10));
        var before = await run.ManifestAsync();
        var ended = await run.ContinueAsync(options: new RunOptions { CollectPeriod = TimeSpan.Zero });
        Assert.True(ended.State == RunState.Succeeded, ended.Error);
        var replaced = before.References().Except((await run.ManifestAsync()).References()).ToArray();
        Assert.NotEmpty(replaced);
        foreach (var blob in replaced) Assert.False(await run.Store.ExistsAsync(blob.Sha256, Token));
    }

    [Fact]
    public async Task Collect_blob_that_is_made_anew_after_it_was_collected_is_somebody_elses()
    {
        using var folder = new TempFolder();
        var (store, blob) = (new FolderBlobStore(folder.Root), new BytesBlob([1]));
        var replaced = new ReplacedBlobs(store, TimeSpan.Zero, TimeProvider.System, e => throw e);
        replaced.Add([blob.Sha256]);
        foreach (var (minutes, stays) in ((int, bool)[])[(0, true), (6, false), (6, true)])
        {
            await store.PutAsync(blob, Token);
            File.SetLastWriteTimeUtc(folder[$"blobs/{blob.Sha256[..2]}/{blob.Sha256}"], DateTime.UtcNow.AddMinutes(-minutes));
            replaced.Collect();
            await replaced.End(Timeout.InfiniteTimeSpan);
            Assert.Equal(stays, await store.ExistsAsync(blob.Sha256, Token));
        }
    }

    [Fact]
    public async Task Collect_blob_that_is_replaced_again_during_a_collection_is_collected_by_the_next()
    {
        using var folder = new TempFolder();
        var (files, blob) = (new FolderBlobStore(folder.Root), new BytesBlob([1]));
        await files.PutAsync(new BytesBlob([2]), Token);
        ReplacedBlobs? replaced = null;

        // As the run goes on while the store tells what it has: the blob comes back, and goes again.
        var meanwhile = true;
        var store = new ToldStore(files, async () =>
        {
            if (!meanwhile) return;
            meanwhile = false;
            replaced!.Remove([blob.Sha256]);
            await PutAsync();
            replaced.Add([blob.Sha256]);
        });
        replaced = new ReplacedBlobs(store, TimeSpan.Zero, TimeProvider.System, e => throw e);
        replaced.Add([blob.Sha256]);
        await CollectAsync();
        Assert.True(await files.ExistsAsync(blob.Sha256, Token));
        await CollectAsync();
        Assert.False(await files.ExistsAsync(blob.Sha256, Token));

        async Task PutAsync()
        {
            await files.PutAsync(blob, Token);
            File.SetLastWriteTimeUtc(folder[$"blobs/{blob.Sha256[..2]}/{blob.Sha256}"], DateTime.UtcNow.AddMinutes(-6));
        }

        async Task CollectAsync()
        {
            replaced.Collect();
            await replaced.End(Timeout.InfiniteTimeSpan);
        }
    }

    // An upload that began late may be one that the step under way waits for: so they go on, too, where no step ends.
    private static async Task ReleaseStepByStepAsync(IRunGrain grain, WaitingStore store)
    {
        var (status, looks) = (await grain.GetStatus(), 0);
        while (status.Step < Steps && status.State is not (RunState.Failed or RunState.Paused))
        {
            var next = await grain.GetStatus();
            looks = next.Step > status.Step ? 0 : looks + 1;
            if (looks % 200 == 0) store.Release(forEver: false);
            status = next;
        }

        store.Release(forEver: true);
    }

    private static async Task<IReadOnlyList<(long Step, string Part, PartState State)>> PartsAsync(TestRun run)
    {
        var parts = new List<(long, string, PartState)>();
        var manifests = (await RunManifests.FindAsync(run.Store, "test", Token))!;
        foreach (var kept in manifests.Kept)
        {
            var manifest = await RunStore.ReadManifestAsync(run.Store, kept.Manifest, Token);
            parts.AddRange(manifest.Parts.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => (kept.Step, p.Key, p.Value)));
        }

        return parts;
    }

    /// <summary>A store whose first state of a part is there only once another one, stored before, was made new.</summary>
    private sealed class OneSlowUploadStore(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        private readonly ConcurrentDictionary<string, byte> _stored = new();
        private readonly TaskCompletionSource<string> _renewed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _uploads;

        public string RenewedMeanwhile => _renewed.Task.IsCompleted ? _renewed.Task.Result : "";

        public override async Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken)
        {
            if (blob is not SafetensorsBlob) return await base.PutAsync(blob, cancellationToken);
            if (Interlocked.Increment(ref _uploads) == 1) await _renewed.Task.WaitAsync(cancellationToken);
            var isNew = await base.PutAsync(blob, cancellationToken);
            _stored.TryAdd(blob.Sha256, 0);
            return isNew;
        }

        public override Task<bool> RenewAsync(BlobRef blob, CancellationToken cancellationToken)
        {
            if (_stored.ContainsKey(blob.Sha256)) _renewed.TrySetResult(blob.Sha256);
            return base.RenewAsync(blob, cancellationToken);
        }
    }

    /// <summary>A store that never says which blobs it has.</summary>
    private sealed class ShutStore(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        private int _collections;

        public int Collections => _collections;

        public override async IAsyncEnumerable<StoredBlob> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _collections);
            await Task.Delay(Timeout.Infinite, cancellationToken);
            yield break;
        }
    }

    /// <summary>A store to which something happens once it has told which blobs it has.</summary>
    private sealed class ToldStore(IBlobStore inner, Func<Task> then) : DelegatingBlobStore(inner)
    {
        public override async IAsyncEnumerable<StoredBlob> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var blob in base.ListAsync(cancellationToken)) yield return blob;
            await then();
        }
    }

    /// <summary>A store in which the states of parts wait to be written until a step has ended.</summary>
    private sealed class WaitingStore(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Held { get; private set; }

        public void Release(bool forEver)
        {
            lock (_lock)
            {
                _ended.TrySetResult();
                if (!forEver) _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        public override async Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken)
        {
            if (blob is SafetensorsBlob)
            {
                Task ended;
                lock (_lock)
                {
                    ended = _ended.Task;
                    if (!ended.IsCompleted) Held++;
                }

                await ended.WaitAsync(cancellationToken);
                using var content = blob.OpenRead();
                Assert.Equal(blob.Sha256, Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken)));
            }

            return await base.PutAsync(blob, cancellationToken);
        }
    }
}
