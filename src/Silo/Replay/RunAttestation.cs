using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Silo;

/// <summary>What a run was made from, and that it was repeated to the bit, as an in-toto statement (version 1).</summary>
public static class RunAttestation
{
    private const string StatementType = "https://in-toto.io/Statement/v1";
    private const string PredicateType = "urn:lisa-orleans:repeated-run:v1";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the statement of a run that was verified without a difference.</summary>
    /// <param name="store">The run's store.</param>
    /// <param name="verified">What was repeated.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<byte[]> MakeAsync(IBlobStore store, VerifiedRun verified, CancellationToken cancellationToken)
    {
        var last = verified.Manifests[^1];
        var (manifest, _) = await RunManifests.ReadAsync(store, ManifestAddress.At(verified.Run, last.Step), cancellationToken);
        var spec = await RunFiles.ReadSpecAsync(store, manifest, cancellationToken);
        var origin = RunOrigin.Of(manifest);
        return JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                _type = StatementType,
                subject = verified.Manifests.Select((m, i) => new { name = Name(verified, i), digest = new { sha256 = m.Sha256 } }),
                predicateType = PredicateType,
                predicate = new
                {
                    @base = new
                    {
                        name = origin?.Model,
                        digest = new { sha256 = RunOrigin.ModelFingerprint(manifest) },
                    },
                    data = new[] { Data("training", origin?.Data, manifest.Dataset), Data("evaluation", origin?.EvalData, manifest.EvalDataset) }
                        .OfType<object>(),
                    settings = new { digest = new { sha256 = manifest.Spec.Sha256 }, content = spec },
                    program = new { name = "LisaOrleans", version = SiloVersion.Own, libtorch = TrainingDevice.Libtorch },
                    machine = new
                    {
                        device = TrainingDevice.Name,
                        kind = TrainingDevice.Kind,
                        architecture = RuntimeInformation.ProcessArchitecture.ToString(),
                        system = RuntimeInformation.OSDescription,
                        threads = spec.Threads,
                    },
                    computed_on = RunKinds.Of(manifest),
                    repeated = verified.From == verified.Last ? null : new { first_step = verified.From + 1, last_step = verified.Last },
                    manifests = verified.Manifests.Select(m => new { step = m.Step, digest = new { sha256 = m.Sha256 } }),
                },
            },
            s_json);
    }

    // Of two manifests of the last step, the second has the best weights, with which the run ends.
    private static string Name(VerifiedRun verified, int index) => index > 0 && verified.Manifests[index].Step == verified.Manifests[index - 1].Step
        ? $"{verified.Run}@last"
        : $"{verified.Run}@{verified.Manifests[index].Step}";

    private static object? Data(string use, string? name, BlobRef? blob) =>
        blob is null ? null : new { use, name, digest = new { sha256 = blob.Sha256 }, bytes = blob.Length };
}
