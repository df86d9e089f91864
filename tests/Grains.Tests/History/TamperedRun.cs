using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>A run whose manifests somebody has rewritten who knows the format, so that every hash is right.</summary>
internal static class TamperedRun
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Rewrites them.</summary>
    /// <param name="run">The run, named test.</param>
    /// <param name="onlyLater">Whether that of step 0 stays as it is.</param>
    /// <param name="change">Makes of each manifest and its settings what they are to be.</param>
    /// <param name="state">The run's state from now on.</param>
    public static async Task ChangeAsync(
        TestRun run, bool onlyLater, Func<Manifest, TrainingSpec, (Manifest Manifest, TrainingSpec Spec)> change,
        string state = RunHeadStates.Succeeded)
    {
        var manifests = (await RunManifests.FindAsync(run.Store, "test", Token))!;
        var kept = new List<KeptManifest>();
        foreach (var entry in manifests.Kept)
        {
            var blob = await PutAsync(await ChangedAsync(entry.Manifest));
            kept.Add(entry with { Manifest = blob });
        }

        var last = await ChangedAsync(manifests.Last);
        var session = await RunStore.AcquireAsync(run.Store, "test", new RunClaim(state), Token);
        var segments = await KeptManifests.WriteAsync(run.Store, manifests.Head.Kept, manifests.Kept, kept, Token);
        await session.CommitAsync(last, session.Head.Journal, segments, Token);

        async Task<Manifest> ChangedAsync(BlobRef blob)
        {
            var manifest = await manifests.ReadAsync(blob, Token);
            if (onlyLater && manifest.Step == 0) return manifest;
            var (changed, spec) = change(manifest, await RunFiles.ReadSpecAsync(run.Store, manifest, Token));
            return changed with { Spec = await PutAsync(spec) };
        }

        async Task<BlobRef> PutAsync<T>(T value)
        {
            var blob = new BytesBlob(JsonSerializer.SerializeToUtf8Bytes(value));
            await run.Store.PutAsync(blob, Token);
            return new BlobRef(blob.Sha256, blob.Length);
        }
    }
}
