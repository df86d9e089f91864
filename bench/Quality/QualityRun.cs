using System.Diagnostics;
using System.Text.Json;

namespace LisaOrleans.Bench;

/// <summary>What one run came to.</summary>
/// <param name="Losses">Evaluation losses by step, in nats per token.</param>
/// <param name="Seconds">Processor seconds from the end of the first step to the end, evaluations included.</param>
/// <param name="Bytes">The most memory of the process after the first step, without mapped files.</param>
internal sealed record QualityRun(SortedDictionary<long, double> Losses, double Seconds, long Bytes)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(10);

    /// <summary>The loss at the end; infinite where the run diverged.</summary>
    public double Loss => Losses.Count == 0 ? double.PositiveInfinity : Losses.Values.Last();

    /// <summary>Trains in this process.</summary>
    public static async Task<QualityRun> MeasureAsync(string root, TrainingSpec spec)
    {
        var losses = new SortedDictionary<long, double>();
        using var trained = new CancellationTokenSource();
        var (first, last, most) = (TimeSpan.Zero, TimeSpan.Zero, 0L);
        Task? looking = null;
        var request = new RunRequest
        {
            ModelFolder = Path.Combine(root, "model"),
            DataFile = Path.Combine(root, "train.jsonl"),
            EvalDataFile = Path.Combine(root, "test.jsonl"),
            Dataset = new DatasetSettings { Format = "text", TextField = "answer" },
            Spec = spec,
        };
        try
        {
            await GrainTrainer.Run(root, request, record =>
            {
                last = Process.GetCurrentProcess().TotalProcessorTime;
                if (looking is null) (first, looking) = (last, Task.Run(() => Look(trained.Token)));
                if (record.EvalLoss is { } loss) losses[record.Step] = loss;
            });
        }
        catch (InvalidOperationException e) when (e.Message.Contains("the loss is", StringComparison.Ordinal))
        {
            losses.Clear();
        }

        await trained.CancelAsync();
        await (looking ?? Task.CompletedTask);
        return new QualityRun(losses, (last - first).TotalSeconds, most);

        void Look(CancellationToken end)
        {
            do most = Math.Max(most, PeakMemory.WithoutMappedPages());
            while (!end.WaitHandle.WaitOne(s_look));
        }
    }

    /// <summary>A run that was measured before; null for none.</summary>
    public static QualityRun? Read(string path) =>
        File.Exists(path) ? JsonSerializer.Deserialize<QualityRun>(File.ReadAllText(path)) : null;

    /// <summary>Remembers it, in one piece.</summary>
    public void Write(string path)
    {
        File.WriteAllText(path + ".new", JsonSerializer.Serialize(this));
        File.Move(path + ".new", path, overwrite: true);
    }
}
