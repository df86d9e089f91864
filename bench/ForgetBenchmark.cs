using System.Diagnostics;
using System.Globalization;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Bench;

/// <summary>
/// What it takes to forget 1, 10 and 100 samples of a run that keeps every fifth manifest, beside training anew without them: minutes, and
/// bytes written to the store. The samples are anywhere in what the run learned from, or only in its last quarter. Both ways have to
/// come to the same weights.
/// </summary>
internal static class ForgetBenchmark
{
    private const int BatchSize = 4;
    private const int Every = 5;

    /// <param name="steps">Steps of the run, at most the 64 of one epoch, so that each sample is used once.</param>
    /// <param name="tokens">Tokens of a sample.</param>
    /// <param name="threads">Intra-op threads.</param>
    public static async Task Run(int steps, int tokens, int threads)
    {
        using var model = await BenchModel.CreateAsync();
        var spec = new TrainingSpec
        {
            RunName = "run",
            KeepManifests = $"every:{Every}",
            SaveSteps = Every,
            MaxSteps = steps,
            PerDeviceTrainBatchSize = BatchSize,
            BlockSize = tokens,
            Threads = threads,
            Dtype = "bfloat16",
        };
        Console.WriteLine(
            $"LISA, 30 M parameters in bfloat16; {steps} steps of {BatchSize} x {tokens} tokens, a manifest every {Every}, {threads} threads");
        Console.WriteLine("| samples | of the run's | steps repeated | forget | written | train anew | written | same bits |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        var store = new FolderBlobStore(Path.Combine(model.Root, "store"));
        await GrainTrainer.Run(store, model.Folder, model.Data, spec, _ => { });
        var last = await RunManifests.ReadAsync(store, ManifestAddress.Last("run"), CancellationToken.None);
        var used = (await RunHistory.Read(store, last.Manifest, CancellationToken.None)).Records.Select(r => r.Samples).ToArray();
        foreach (var late in (bool[])[false, true])
        {
            // In an order of their own, as people ask for them.
            int[] candidates = [.. used.Skip(late ? 3 * used.Length / 4 : 0).SelectMany(s => s).Distinct().OrderBy(s => s * 7919 % 8191)];
            foreach (var count in ((int[])[1, 10, 100]).Where(c => c <= candidates.Length))
                await Measure(model, store, spec, [.. candidates.Take(count)], late ? "last quarter" : "steps");
        }
    }

    private static async Task Measure(BenchModel model, FolderBlobStore store, TrainingSpec spec, int[] samples, string where)
    {
        var name = $"without-{samples.Length}-{where.Replace(' ', '-')}";
        var (before, clock) = (Bytes(store), Stopwatch.StartNew());
        var forgetting = await RunForgetting.BeginAsync(store, "run", samples, name, CancellationToken.None);
        await using (var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = store }, CancellationToken.None))
        {
            await silo.Grains.GetGrain<IRunGrain>(name).Start();
            await foreach (var happened in silo.Grains.GetGrain<IRunGrain>(name).Watch(EventPosition.Start))
                if (happened is RunEnded { State: not RunState.Succeeded } ended) throw new InvalidOperationException(ended.Error);
        }

        var (forget, written) = (clock.Elapsed, Bytes(store) - before);
        var anew = new FolderBlobStore(Path.Combine(model.Root, name));
        clock.Restart();
        await GrainTrainer.Run(anew, model.Folder, model.Data, spec with { MaskSamples = forgetting.Samples }, _ => { });
        var (train, all) = (clock.Elapsed, Bytes(anew));
        var same = (await PartsAsync(store, name)).SequenceEqual(await PartsAsync(anew, "run"));
        Directory.Delete(anew.Location, recursive: true);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {samples.Length} | {where} | {spec.MaxSteps - forgetting.From.Step} of {spec.MaxSteps} | {forget.TotalMinutes:0.00} min "
            + $"| {written / 1e6:0.0} MB | {train.TotalMinutes:0.00} min | {all / 1e6:0.0} MB | {(same ? "yes" : "NO")} |"));
    }

    // The names of blobs are the hashes of the weights.
    private static async Task<IEnumerable<string>> PartsAsync(IBlobStore store, string run)
    {
        var (manifest, _) = await RunManifests.ReadAsync(store, ManifestAddress.Last(run), CancellationToken.None);
        return manifest.Parts.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key} {p.Value.Weights.Sha256}");
    }

    private static long Bytes(FolderBlobStore store) =>
        new DirectoryInfo(store.Location).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);
}
