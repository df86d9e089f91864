using System.Globalization;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Training;

namespace LisaOrleans.Silo;

/// <summary>
/// Finds the step of a run at which an evaluation got worse, and the samples that made it so. The kept manifests are evaluated, and
/// the two neighbours between which the loss rises most are chosen; where it rises between none, the first and the last. The steps
/// between them are repeated once, with a manifest at each, all of which are evaluated: a rise is found wherever the loss falls
/// otherwise. Then the steps of the rise are repeated with some of their samples masked, in the order of the data, in which the samples
/// of a file stand together.
/// </summary>
public sealed class RunBisection : IDisposable
{
    private const int FewestReplays = 4;
    private const int MostStepsBack = 4;

    // Once the samples to blame are masked, less than this part of the rise is left.
    private const double Left = 0.4;

    private readonly IBlobStore _store;
    private readonly Manifest _last;
    private readonly RunEvaluation _evaluation;
    private readonly Action<string> _tell;
    private readonly SortedDictionary<long, (IBlobStore Store, double Loss)> _points = [];
    private RunReplay? _steps;
    private int _replays;

    private RunBisection(IBlobStore store, Manifest last, RunEvaluation evaluation, Action<string> tell) =>
        (_store, _last, _evaluation, _tell) = (store, last, evaluation, tell);

    /// <summary>Looks for it. The store is only read.</summary>
    /// <param name="store">The run's store.</param>
    /// <param name="run">The run.</param>
    /// <param name="data">What is to be predicted; pairs of answers for a run that learns from such.</param>
    /// <param name="threshold">The greatest rise of the loss, in nats, that does not count.</param>
    /// <param name="tell">Told what was looked at, in words.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidDataFileException">There is no such run, or it keeps too few manifests.</exception>
    public static async Task<BisectedRun> FindAsync(
        IBlobStore store, string run, TokenizedDataset data, double threshold, Action<string> tell, CancellationToken cancellationToken)
    {
        // A run that goes on may keep others, until all that it keeps has been evaluated.
        var (bisection, steps) = await RunReading.FollowAsync(
            store, ManifestAddress.Last(run), () => EvaluateKeptAsync(store, run, data, tell, cancellationToken), cancellationToken);
        using (bisection) return await bisection.FindAsync(steps, threshold, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _steps?.Dispose();

    private static async Task<(RunBisection Bisection, IReadOnlyList<long> Kept)> EvaluateKeptAsync(
        IBlobStore store, string run, TokenizedDataset data, Action<string> tell, CancellationToken cancellationToken)
    {
        var manifests = await RunManifests.OfAsync(store, run, cancellationToken);
        var last = await manifests.ReadAsync(manifests.Last, cancellationToken);
        var steps = RunFork.OwnSteps(manifests, last);
        if (steps is [var only])
        {
            throw new InvalidDataFileException(
                $"run '{run}'", $"keeps only the manifest of step {only}, and an evaluation of it can be compared with no other; train with "
                    + "--keep-manifests all, every:K or base");
        }

        var evaluation = await RunEvaluation.PrepareAsync(store, last, data, cancellationToken);
        var bisection = new RunBisection(store, last, evaluation, tell);
        foreach (var step in steps) await bisection.AddAsync(store, step, cancellationToken);
        return (bisection, steps);
    }

    private async Task<BisectedRun> FindAsync(IReadOnlyList<long> kept, double threshold, CancellationToken cancellationToken)
    {
        var (low, high) = kept.Zip(kept.Skip(1)).MaxBy(pair => _points[pair.Second].Loss - _points[pair.First].Loss);
        if (!(_points[high].Loss - _points[low].Loss > threshold)) (low, high) = (kept[0], kept[^1]);
        await AddBetweenAsync(low, high, cancellationToken);

        var losses = _points.Where(p => p.Key >= low && p.Key <= high).Select(p => p.Value.Loss).ToArray();
        if (LossRise.Find(losses, threshold) is { } rise) return await BlameAsync(low, low + rise.From, low + rise.To, cancellationToken);
        return new BisectedRun
        {
            GotWorse = false,
            FromStep = low,
            ToStep = high,
            Before = losses[0],
            After = losses[^1],
            Replays = _replays,
        };
    }

    private async Task AddBetweenAsync(long low, long high, CancellationToken cancellationToken)
    {
        if (_points.Keys.Count(step => step >= low && step <= high) == high - low + 1) return;
        _tell($"repeating steps {low + 1} to {high}, to evaluate each");
        _steps = await RepeatAsync(_store, low, s => s with { SaveSteps = 1, KeepManifests = "all" }, high, cancellationToken);
        for (var step = low + 1; step < high; step++)
            if (!_points.ContainsKey(step)) await AddAsync(_steps.Store, step, cancellationToken);
    }

    private async Task AddAsync(IBlobStore store, long step, CancellationToken cancellationToken)
    {
        var loss = await EvaluateAsync(store, step, cancellationToken);
        _points.Add(step, (store, loss));
        _tell(string.Create(CultureInfo.InvariantCulture, $"step {step}: loss {loss:0.0000}"));
    }

    private async Task<BisectedRun> BlameAsync(long low, long from, long to, CancellationToken cancellationToken)
    {
        var (before, after) = (_points[from].Loss, _points[to].Loss);
        var well = before + (Left * (after - before));
        var plan = await RunPlan.Read(_store, _last, cancellationToken);

        // The two answers of a pair stand together.
        var together = Objectives.SequencesOf(plan.Spec);
        var most = Math.Max(FewestReplays, (int)(2 * Math.Log2((double)plan.SampleCount / together)));
        var without = new List<double>();
        BlamedSample[] blamed;
        var start = from;
        for (var back = 1; ; back *= 2)
        {
            blamed = await FindAmongAsync([.. Uses(plan, start, to)]);
            if (blamed.Length > 0 || start == low || back > MostStepsBack || _replays >= most) break;

            // What steps before have set in motion goes on without any sample.
            start = Math.Max(low, from - back);
        }

        return new BisectedRun
        {
            GotWorse = true,
            FromStep = from,
            ToStep = to,
            Before = before,
            After = after,
            Blamed = blamed,
            Without = blamed.Length > 0 ? without.Last(loss => loss < well) : without[0],
            Step = blamed.Length > 0
                ? blamed[0].Step
                : Enumerable.Range(1, (int)(to - from)).Select(s => from + s).MaxBy(s => _points[s].Loss - _points[s - 1].Loss),
            Replays = _replays,
        };

        // Among all of the samples, or, as an optimizer goes astray where all of several steps are masked, among half of them.
        async Task<BlamedSample[]> FindAmongAsync(BlamedSample[] uses)
        {
            int[] suspects = [.. uses.Select(u => u.Sample / together).Distinct().Order()];
            var half = suspects.Length / 2;
            (int First, int Last)[] ranges = half < 2 || to - start == 1
                ? [(0, suspects.Length - 1)]
                : [(0, suspects.Length - 1), (half, suspects.Length - 1), (0, half - 1)];
            foreach (var (first, last) in ranges)
            {
                if (without.Count > 0 && _replays >= most) break;
                if (!await IsWellWithout(first, last)) continue;
                if (suspects.Length == 0) break;
                var (begin, end) = await SuspectRange.NarrowAsync(first, last, IsWellWithout, most - _replays);
                return [.. uses.Where(u => u.Sample / together >= suspects[begin] && u.Sample / together <= suspects[end])];
            }

            return [];

            async Task<bool> IsWellWithout(int a, int b)
            {
                int[] masked = [.. suspects[a..(b + 1)].SelectMany(s => Enumerable.Range(s * together, together))];
                without.Add(await EvaluateWithoutAsync(start, to, masked, cancellationToken));
                return without[^1] < well;
            }
        }
    }

    private async Task<double> EvaluateWithoutAsync(long from, long to, int[] masked, CancellationToken cancellationToken)
    {
        using var replay = await RepeatAsync(
            _points[from].Store, from,
            s => s with { MaskSamples = [.. s.MaskSamples.Union(masked).Order()], SaveSteps = 0, KeepManifests = "last" }, to, cancellationToken);
        var loss = await EvaluateAsync(replay.Store, to, cancellationToken);
        var samples = masked.Length == 0 ? "" : $" without {masked.Length} of the samples {masked[0]} to {masked[^1]}";
        _tell(string.Create(CultureInfo.InvariantCulture, $"steps {from + 1} to {to}{samples}: loss {loss:0.0000}"));
        return loss;
    }

    private static IEnumerable<BlamedSample> Uses(RunPlan plan, long from, long to)
    {
        for (var step = from + 1; step <= to; step++)
        {
            foreach (var (batch, rows) in plan.Batches.MicroBatches(step).Index())
                foreach (var sample in plan.Builder.Build(rows).SampleIds) yield return new BlamedSample(sample, step, batch + 1);
        }
    }

    private async Task<RunReplay> RepeatAsync(
        IBlobStore store, long from, Func<TrainingSpec, TrainingSpec> change, long to, CancellationToken cancellationToken)
    {
        _replays++;
        var (manifest, _) = await RunManifests.ReadAsync(store, ManifestAddress.At(_last.Run, from), cancellationToken);
        return await RunReplay.RepeatAsync(
            store, manifest,
            s => change(s) with { SaveTotalLimit = null, LoadBestModelAtEnd = false, EvalSteps = 0 },
            to, _ => true, cancellationToken);
    }

    // What is no number is as bad as can be.
    private async Task<double> EvaluateAsync(IBlobStore store, long step, CancellationToken cancellationToken)
    {
        var found = await RunModel.FindAsync(store, ManifestAddress.At(_last.Run, step), cancellationToken)
            ?? throw new InvalidDataFileException(store.Location, $"has no manifest of step {step} of run '{_last.Run}'");
        using var model = await found.LoadAsync(cancellationToken);
        var loss = _evaluation.MeanLoss(model, cancellationToken);
        return double.IsFinite(loss) ? loss : double.PositiveInfinity;
    }
}
