using System.Globalization;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;

namespace LisaOrleans.Cli;

/// <summary><c>lisa verify</c>: repeats steps of a run and compares them with what the store has, bit for bit.</summary>
internal static class VerifyCommand
{
    public static async Task<int> Run(SettingValues values, string? run, CancellationToken cancellationToken)
    {
        var steps = values.OptionalText(ReplaySettings.Steps) is { } text ? Steps(values, text) : ((long, long)?)null;
        var attest = values.OptionalPath(ReplaySettings.Attest) is { } path ? NamedFile.Writable(path, values.Place(ReplaySettings.Attest.Key)) : null;
        var json = values.Text(KnownSettings.LogFormat) == "json";
        var store = await ClusterStores.Open(values, cancellationToken, mustExist: true);
        VerifiedRun verified;
        using (var progress = new StoreProgress("repeating steps", json))
        {
            verified = await RunVerifier.VerifyAsync(
                store, run!, steps, (step, last) => progress.Report((int)step, (int)last), cancellationToken, StandardError.WriteLine);
        }

        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                run = verified.Run,
                from_step = verified.From,
                last_step = verified.Last,
                manifests = verified.Manifests.Select(m => new { step = m.Step, sha256 = m.Sha256 }),
                difference = verified.Difference,
            }));
        }

        if (verified.Difference is { } difference)
        {
            ErrorReport.Write(verified.From is { } from
                ? $"run '{verified.Run}', repeated from its manifest of step {from}, is not the same: {difference}"
                : $"run '{verified.Run}' cannot be repeated: {difference}");
            return ExitCodes.Failed;
        }

        if (attest is not null)
        {
            await AtomicFile.WriteAllBytesAsync(attest, await RunAttestation.MakeAsync(store, verified, cancellationToken), cancellationToken);
        }

        if (!json) Console.WriteLine($"run '{verified.Run}': {Describe(verified)}");
        return ExitCodes.Done;
    }

    private static string Describe(VerifiedRun verified)
    {
        var (first, last, manifests) = (verified.From + 1, verified.Last, verified.Manifests.Count);
        if (first > last) return $"it has taken no step since it began with step {last}, and every blob of its manifest is whole";
        var steps = first == last ? $"step {last} was" : $"steps {first} to {last} were";
        return $"{steps} repeated, and {(manifests == 1 ? "1 manifest is" : $"{manifests} manifests are")} the same to the bit";
    }

    private static (long First, long Last) Steps(SettingValues values, string text) =>
        text.Split("..") is [var a, var b]
        && long.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
        && long.TryParse(b, NumberStyles.None, CultureInfo.InvariantCulture, out var last) && first >= 1 && last >= first
            ? (first, last)
            : throw new UsageException(
                $"{values.Place(ReplaySettings.Steps.Key)}: '{text}' must be the first and the last step, such as 1..20");
}
