using System.Text.Json;

namespace LisaOrleans.Bench;

/// <summary>What a measured process trains.</summary>
/// <param name="Store">Folder of the blob store; left in place, so that a run can be resumed.</param>
/// <param name="Model">Folder of the model.</param>
/// <param name="Data">Training data.</param>
/// <param name="Spec">The run.</param>
internal sealed record TrainingJob(string Store, string Model, string Data, TrainingSpec Spec)
{
    /// <summary>Writes a job for a process to read; returns its file, which is named by the run.</summary>
    public static async Task<string> WriteAsync(string root, string model, string data, TrainingSpec spec)
    {
        var file = Path.Combine(root, spec.RunName + ".json");
        await File.WriteAllBytesAsync(
            file, JsonSerializer.SerializeToUtf8Bytes(new TrainingJob(Path.Combine(root, "store"), model, data, spec)));
        return file;
    }

    /// <summary>Reads one.</summary>
    public static async Task<TrainingJob> ReadAsync(string file) =>
        JsonSerializer.Deserialize<TrainingJob>(await File.ReadAllBytesAsync(file))!;
}
