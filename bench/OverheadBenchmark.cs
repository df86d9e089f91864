using System.Diagnostics;
using System.Globalization;
using LisaOrleans.Data;
using LisaOrleans.Samples.Make;
using LisaOrleans.Training;
using static TorchSharp.torch;

namespace LisaOrleans.Bench;

/// <summary>
/// What grains cost beside the arithmetic: many layers of small width, trained by the grains of one process and by the reference trainer,
/// which calls the same parts one after the other. In turns, so that both see the same machine. And what grows from step to step.
/// </summary>
internal static class OverheadBenchmark
{
    private const int MicroBatches = 2;

    private static readonly RandomModelShape s_shape = new(32, 64, 64, 2, 2, 512, 64, Tied: false);

    /// <param name="rounds">How often each has its turn.</param>
    /// <param name="steps">Steps of a turn; memory is compared between the first third and the last.</param>
    public static async Task Run(int rounds, int steps)
    {
        using var model = await BenchModel.CreateAsync(s_shape);
        var spec = new TrainingSpec
        {
            RunName = "overhead",
            MaxSteps = steps,
            LearningRate = 1e-4,
            LrSchedulerType = "constant",
            PerDeviceTrainBatchSize = 1,
            GradientAccumulationSteps = MicroBatches,
            GradientLanes = 1,
            BlockSize = 16,
            Dtype = "float32",
            SaveSteps = 0,
            Threads = 1,
        };
        var data = DatasetTokenizer.Tokenize(
            model.Data, TokenizerLoader.Load(model.Folder), GrainTrainer.Dataset, spec.BlockSize, s_shape.VocabularySize, null,
            CancellationToken.None);
        Console.WriteLine(
            $"{s_shape.Layers} layers {s_shape.HiddenSize} wide, {MicroBatches} micro-batches of 1 x {spec.BlockSize} tokens a step, one thread; "
                + $"medians of {steps} steps");
        Console.WriteLine(
            "| grains, a layer and pass | reference | overhead | managed, a step: first third | last third | memory after the first | at the end |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        var overheads = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            var grains = await Grains(model, spec);
            var (reference, loss) = Reference(model, data, spec);
            if (!grains.Loss.Equals(loss)) throw new InvalidOperationException($"the losses are {grains.Loss} and {loss}");
            overheads.Add(Micro(grains.Seconds) - Micro(reference));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {Micro(grains.Seconds):0.0} us | {Micro(reference):0.0} us | {overheads[^1]:0.0} us | {grains.First.Bytes / 1e3:0.0} kB "
                    + $"| {grains.Last.Bytes / 1e3:0.0} kB | {grains.First.Resident / 1e6:0.0} MB | {grains.Last.Resident / 1e6:0.0} MB |"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"overhead (median of {rounds}): {overheads.Median():0.0} us"));
    }

    // Everything that a step takes, spread over its layers, forward and backward.
    private static double Micro(double secondsOfStep) => 1e6 * secondsOfStep / (2 * s_shape.Layers * MicroBatches);

    // Managed bytes allocated by a step, on average over a third of the steps, and what the process has in memory after it.
    private static async Task<(double Seconds, double Loss, (double Bytes, long Resident) First, (double Bytes, long Resident) Last)> Grains(
        BenchModel model, TrainingSpec spec)
    {
        var third = (int)(spec.MaxSteps!.Value / 3);
        var (seconds, loss) = (new List<double>(), 0.0);
        var looks = new Dictionary<long, (long Allocated, long Resident)>();
        await GrainTrainer.Run(model.Root, model.Folder, model.Data, spec, record =>
        {
            seconds.Add(record.Seconds);
            loss = record.Loss;
            if (record.Step % third == 0) looks[record.Step / third] = (GC.GetTotalAllocatedBytes(), PeakMemory.WithoutMappedPages());
            if (record.Step == 1) looks[0] = (GC.GetTotalAllocatedBytes(), PeakMemory.WithoutMappedPages());
        });
        return (seconds.Median(), loss, Look(0, third - 1), Look(2, third));

        (double Bytes, long Resident) Look(int from, int steps) =>
            ((double)(looks[from + 1].Allocated - looks[from].Allocated) / steps, looks[from + 1].Resident);
    }

    private static (double Seconds, double Loss) Reference(BenchModel model, TokenizedDataset data, TrainingSpec spec)
    {
        set_num_threads(spec.Threads);
        using var trainer = new ReferenceTrainer(model.Folder, data, spec, CPU);
        var (seconds, loss) = (new List<double>(), 0.0);
        for (var step = 1; step <= spec.MaxSteps; step++)
        {
            var started = Stopwatch.GetTimestamp();
            loss = trainer.Step(step).Loss;
            seconds.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        return (seconds.Median(), loss);
    }
}
