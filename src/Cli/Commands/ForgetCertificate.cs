using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>What was repeated so that a run has forgotten samples, and what that took.</summary>
/// <param name="Json">The certificate's file.</param>
/// <param name="Steps">Steps that were repeated.</param>
/// <param name="Seconds">What they took.</param>
/// <param name="TotalSteps">Steps of the run that had learned from the samples.</param>
/// <param name="TotalSeconds">What they took.</param>
/// <param name="Bytes">Bytes of the store that only the new run names.</param>
/// <param name="TotalBytes">Bytes of the store that the first run names.</param>
internal sealed record ForgetCertificate(
    byte[] Json, long Steps, double Seconds, long TotalSteps, double TotalSeconds, long Bytes, long TotalBytes)
{
    /// <summary>Its name in the output folder.</summary>
    public const string FileName = "forget-certificate.json";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the certificate of a run that is complete and exported.</summary>
    public static async Task<ForgetCertificate> MakeAsync(
        IBlobStore store, string run, RunForgetting forgetting, string output, CancellationToken cancellationToken)
    {
        var (name, from) = (forgetting.Name, forgetting.From.Step ?? 0);
        var had = await RunExporter.ReadHistoryAsync(store, run, cancellationToken);
        var now = await RunExporter.ReadHistoryAsync(store, name, cancellationToken);
        var repeated = now.Where(r => r.Step > from).ToArray();
        var forgotten = forgetting.Samples.ToHashSet();

        // What the certificate says, it has looked up.
        if (now.FirstOrDefault(r => r.Samples.Any(forgotten.Contains)) is { } wrong)
            throw new InvalidDataFileException($"run '{name}'", $"learned from one of the samples in step {wrong.Step}");
        var manifests = (await RunManifests.FindAsync(store, name, cancellationToken))!;
        var last = await manifests.ReadAsync(manifests.Last, cancellationToken);
        var spec = await RunFiles.ReadSpecAsync(store, last, cancellationToken);
        var sizes = RunSize.Of(await StoreContents.ReadAsync(store, cancellationToken)).ToDictionary(s => s.Run);
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in Directory.GetFiles(output, "*.safetensors"))
        {
            await using var file = File.OpenRead(path);
            files[Path.GetFileName(path)] = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                format = "lisa-forget-certificate/1",
                run,
                samples = forgetting.Samples,
                training_data = new { sha256 = last.Dataset?.Sha256 },
                first_used_in_step = forgetting.FirstUse,
                went_back_to = new { step = from, manifest = forgetting.FromManifest?.Sha256 },
                run_name = name,
                masked_samples = spec.MaskSamples,
                repeated = repeated.Select(r => new { step = r.Step, samples = r.Samples }),
                result = new { step = last.Step, manifest = manifests.Last.Sha256, files },
                seconds = repeated.Sum(r => r.Seconds),
                seconds_of_the_run = had.Sum(r => r.Seconds),
                bytes = sizes[name].OwnBytes,
                bytes_of_the_run = sizes[run].Bytes,
                program = new { name = "LisaOrleans", version = SiloVersion.Own },
                device = TrainingDevice.Name,
                kind = TrainingDevice.Kind,
                computed_on = RunKinds.Of(last),
                threads = spec.Threads,
            },
            s_json);
        return new ForgetCertificate(
            json, repeated.Length, repeated.Sum(r => r.Seconds), had.Count, had.Sum(r => r.Seconds), sizes[name].OwnBytes, sizes[run].Bytes);
    }
}
