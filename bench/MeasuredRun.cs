using System.Globalization;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Bench;

/// <summary>A run in a process of its own, as <c>lisa train</c> does it: its memory, and the time of a step.</summary>
internal static class MeasuredRun
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(5);

    /// <summary>What is planned for such a run on this processor, which decides what bfloat16 models compute in.</summary>
    public static MemoryEstimate Plan(TrainingSpec spec, ModelConfig config) => RunCapacity.Estimate(
        DerivedSettings.Resolve(spec, config, weightsDtype: null, spec.Threads, compute: c => RunDtypes.Choose(c, onGpu: false)), config);

    /// <summary>
    /// Trains in another process; returns the most memory that it had without mapped pages, import included, and the median of the
    /// seconds of its steps but the first.
    /// </summary>
    /// <param name="root">A folder for the store; the run's name must be new in it.</param>
    /// <param name="model">Folder of the model.</param>
    /// <param name="data">Training data.</param>
    /// <param name="spec">The run.</param>
    /// <param name="environment">Variables that are set for it.</param>
    public static async Task<(double Bytes, double Seconds)> InChildAsync(
        string root, string model, string data, TrainingSpec spec, params (string Name, string Value)[] environment) =>
        await MeasuredProcess.RunAsync<double>(environment, "measure-run", await TrainingJob.WriteAsync(root, model, data, spec));

    /// <summary>
    /// The measured process: prints both numbers, and before them what made up the peak, and what the device did after the first step.
    /// </summary>
    public static async Task Measure(string file)
    {
        var job = await TrainingJob.ReadAsync(file);
        var seconds = new List<double>();
        var peak = new MemoryPeak();
        using var shares = new DeviceShares();
        using var trained = new CancellationTokenSource();
        var looking = Task.Factory.StartNew(Look, TaskCreationOptions.LongRunning);
        await GrainTrainer.Run(new FolderBlobStore(job.Store), job.Model, job.Data, job.Spec, record =>
        {
            peak.Phase = string.Create(CultureInfo.InvariantCulture, $"step {record.Step + 1}");
            if (record.Step == 1) shares.Restart();
            else seconds.Add(record.Seconds);
        });
        await trained.CancelAsync();
        await looking;
        Console.WriteLine($"{peak.Describe()}; {shares.Describe()}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{peak.Bytes} {seconds.Median()}"));

        void Look()
        {
            do peak.Look();
            while (!trained.Token.WaitHandle.WaitOne(s_look));
        }
    }
}
