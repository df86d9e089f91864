[assembly: AssemblyFixture(typeof(LisaOrleans.Cli.Tests.TrainedRuns))]

namespace LisaOrleans.Cli.Tests;

/// <summary>Runs of the sample as processes train them that nothing happens to: what tests begin with, or compare with. Trained once.</summary>
public sealed class TrainedRuns : IDisposable
{
    /// <summary>The steps of <see cref="WholeAsync"/>.</summary>
    public const int Steps = 24;

    /// <summary>The steps between its manifests, all of which it keeps.</summary>
    public const int SaveSteps = 3;

    private readonly TempFolder _folder = new();
    private readonly Lazy<Task<string>> _whole;
    private readonly Lazy<Task<string>> _short;

    /// <summary>Trains nothing yet.</summary>
    public TrainedRuns()
    {
        _whole = new(() => TrainAsync("whole", "--max-steps", $"{Steps}", "--save-steps", $"{SaveSteps}", "--keep-manifests", "all"));
        _short = new(() => TrainAsync("short", "--max-steps", "2"));
    }

    /// <summary>The store of an output folder.</summary>
    /// <param name="output">The folder.</param>
    public static string Store(string output) => Path.Combine(output, "lisa-store");

    /// <summary>The output folder of run 'default' of the sample's settings and <see cref="Steps"/> steps, its store within. To be left as it is.</summary>
    public Task<string> WholeAsync() => _whole.Value;

    /// <summary>The same of two steps, of whose manifests only the last is kept.</summary>
    public Task<string> ShortAsync() => _short.Value;

    /// <summary>A copy of an output folder, or of a store, for what changes it.</summary>
    /// <param name="from">The folder.</param>
    /// <param name="to">The copy's.</param>
    public static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private async Task<string> TrainAsync(string name, params string[] more)
    {
        await Lisa.SucceedsAsync(Sample.Train(_folder[name], more: more));
        return _folder[name];
    }
}
