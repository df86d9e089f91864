using System.Diagnostics;
using System.Globalization;
using LisaOrleans.Data;

namespace LisaOrleans.Bench;

/// <summary>Steps per second of the grain run as a ratio to a plain loop, taken in turns so that both see the same machine.</summary>
internal static class TrainingBenchmark
{
    private const int Period = 5;

    public static async Task Run(int steps, int rounds, int threads)
    {
        using var model = await BenchModel.CreateAsync();
        TorchSharp.torch.set_num_threads(threads);
        var spec = new TrainingSpec
        {
            RunName = "bench",
            LisaIntervalSteps = Period,
            MaxSteps = steps,
            LearningRate = 1e-4,
            LrSchedulerType = "constant",
            PerDeviceTrainBatchSize = 4,
            BlockSize = 128,
            Dtype = "float32",
            SaveSteps = 0,
            Threads = threads,
        };
        var data = DatasetTokenizer.Tokenize(
            model.Data, TokenizerLoader.Load(model.Folder), GrainTrainer.Dataset, spec.BlockSize, BenchModel.Shape.VocabularySize, null,
            CancellationToken.None);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"29.6 M parameters, float32, 4 x 128 tokens a step, LISA 2 of 8 layers, new layers every {Period} steps, {threads} threads"));

        List<double> ratios = [];
        for (var round = 1; round <= rounds; round++)
        {
            var (grains, grainLoss) = await Grains(model, spec);
            var (plain, plainLoss) = Plain(model, data, spec);
            ratios.Add(grains / plain);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"round {round}: grains {grains:0.00} steps/s, plain loop {plain:0.00} steps/s, ratio {grains / plain:0.000}; "
                + $"loss of step {steps}: {grainLoss:0.00000} and {plainLoss:0.00000}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ratio (median of {rounds}): {ratios.Median():0.000}"));
    }

    // The first period of each is left out: allocators and thread pools warm up in it.
    private static async Task<(double StepsPerSecond, double Loss)> Grains(BenchModel model, TrainingSpec spec)
    {
        var watch = new Stopwatch();
        var loss = 0.0;
        await GrainTrainer.Run(model.Root, model.Folder, model.Data, spec, record =>
        {
            if (record.Step == Period) watch.Start();
            if (record.Step == spec.MaxSteps) watch.Stop();
            loss = record.Loss;
        });
        return ((spec.MaxSteps!.Value - Period) / watch.Elapsed.TotalSeconds, loss);
    }

    private static (double StepsPerSecond, double Loss) Plain(BenchModel model, TokenizedDataset data, TrainingSpec spec)
    {
        using var trainer = new PlainTrainer(model.Folder, data, spec);
        var watch = new Stopwatch();
        var loss = 0.0;
        for (var step = 1; step <= spec.MaxSteps; step++)
        {
            loss = trainer.Step(step);
            if (step == Period) watch.Start();
        }

        watch.Stop();
        return ((spec.MaxSteps!.Value - Period) / watch.Elapsed.TotalSeconds, loss);
    }
}
