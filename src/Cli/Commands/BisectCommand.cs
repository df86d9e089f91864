using System.Globalization;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary><c>lisa bisect</c>: the step at which an evaluation got worse, and the samples that made it so.</summary>
internal static class BisectCommand
{
    private const int LongestText = 100;

    public static async Task<int> Run(SettingValues values, string? run, CancellationToken cancellationToken)
    {
        var (sources, threshold) = (values.OptionalSources(KnownSettings.EvalData), values.Number(ReplaySettings.Threshold));
        if (threshold < 0)
        {
            throw new UsageException(
                $"{values.Place(ReplaySettings.Threshold.Key)} is '{values.Text(ReplaySettings.Threshold)}'; it must be at least 0");
        }

        if (sources is null && KnownSettings.Data.FirstOrDefault(values.Has) is { } unused)
            throw values.Unused(unused, KnownSettings.EvalData.Flag);
        RunName.Validate(run!);
        var json = values.Text(KnownSettings.LogFormat) == "json";
        var store = await ClusterStores.Open(values, cancellationToken, mustExist: true);
        try
        {
            var (manifest, _) = await RunManifests.ReadAsync(store, ManifestAddress.Last(run!), cancellationToken);
            var model = await RunModel.FindAsync(store, ManifestAddress.At(run!, manifest.Step), cancellationToken)
                ?? throw RunManifests.NoRun(store, run!);
            var text = await model.LoadTextAsync(TimeProvider.System.GetLocalNow(), cancellationToken);
            var spec = await RunFiles.ReadSpecAsync(store, manifest, cancellationToken);
            var pairs = Objectives.IsOfPairs(spec);
            var settings = RunFiles.DataSettings(manifest, spec, values.Training);
            using var data = sources is not null
                ? DatasetTokenizer.Tokenize(
                    sources, text.Tokenizer, settings, spec.BlockSize, model.Config.VocabSize, null, cancellationToken,
                    DataSplit.Of(settings.ValidationSplit).Evaluation, text.Template, pairs)
                : manifest.EvalDataset is { } stored
                    ? await DatasetStorage.Read(store, stored, model.Config.VocabSize, cancellationToken)
                    : throw new UsageException($"--{KnownSettings.EvalData.Flag} is missing, and run '{run}' has no evaluation data of its own");
            var found = await RunBisection.FindAsync(store, run!, data, threshold, json ? _ => { } : Console.WriteLine, cancellationToken);
            if (json)
            {
                Console.WriteLine(Json(run!, found));
                return ExitCodes.Done;
            }

            foreach (var line in Lines(found, threshold)) Console.WriteLine(line);
            if (found.Blamed.Count == 0) return ExitCodes.Done;
            using var training = await DatasetStorage.Read(store, manifest.Dataset!, model.Config.VocabSize, cancellationToken);
            foreach (var (sample, step, batch) in found.Blamed)
            {
                var said = Shorten(text.Tokenizer.Decode(training.InputIds(sample).ToArray()));
                var answer = !pairs ? "" : sample % 2 == 0 ? ", a chosen answer" : ", a rejected answer";
                Console.WriteLine($"sample {sample}{answer} (step {step}, micro-batch {batch}): {said}");
            }

            return ExitCodes.Done;
        }
        catch (DamagedBlobException e)
        {
            throw await RunBlobs.NameAsync(store, run!, e, cancellationToken);
        }
    }

    private static IEnumerable<string> Lines(BisectedRun found, double threshold)
    {
        var (before, after) = (Loss(found.Before), Loss(found.After));
        if (!found.GotWorse)
        {
            return
            [
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the evaluation never gets worse by more than {threshold} from step {found.FromStep} (loss {before}) to step {found.ToStep} "
                        + $"(loss {after}); replays: {found.Replays}"),
            ];
        }

        return
        [
            $"the evaluation gets worse in step {found.Step}: its loss rises from {before} after step {found.FromStep} to {after} after step "
                + $"{found.ToStep}; replays: {found.Replays}",
            found.Blamed.Count > 0
                ? $"without these samples it is {Loss(found.Without!.Value)}:"
                : $"without any sample of these steps it is {Loss(found.Without!.Value)}, so none is to blame: look at the steps before, and at the "
                    + "learning rate",
        ];
    }

    private static string Json(string run, BisectedRun found) => JsonSerializer.Serialize(new
    {
        run,
        worse = found.GotWorse,
        step = found.Step,
        from_step = found.FromStep,
        to_step = found.ToStep,
        before = JsonNumbers.Finite(found.Before),
        after = JsonNumbers.Finite(found.After),
        without = found.Without is { } without ? JsonNumbers.Finite(without) : null,
        samples = found.Blamed.Select(b => new { sample = b.Sample, step = b.Step, micro_batch = b.MicroBatch }),
        replays = found.Replays,
    });

    private static string Loss(double loss) => loss.ToString("0.0000", CultureInfo.InvariantCulture);

    // Other people's texts: a terminal must not take them for commands.
    private static string Shorten(string text)
    {
        var line = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
        return line.Length <= LongestText ? line : line[..LongestText] + "…";
    }
}
