using System.Globalization;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>Compares the losses by which a run's list of manifests says which is the best with those of the run's log.</summary>
public static class ListDifference
{
    /// <summary>The first entry of the list that differs, in words; null where none does.</summary>
    /// <param name="kept">The list.</param>
    /// <param name="records">The committed steps.</param>
    public static string? Find(IReadOnlyList<KeptManifest> kept, IReadOnlyList<StepRecord> records)
    {
        foreach (var entry in kept.Where(k => k.Step >= 1 && k.Step <= records.Count))
        {
            var record = records[(int)entry.Step - 1];
            foreach (var (what, listed, logged) in ((string, double?, double?)[])
                [("loss", entry.Loss, record.Loss), ("evaluation loss", entry.EvalLoss, record.EvalLoss)])
            {
                if (listed is { } value && !value.Equals(logged))
                    return $"step {entry.Step}: {what}: the list of manifests has {Digits(listed)}, the log {Digits(logged)}";
            }
        }

        return null;
    }

    private static string Digits(double? loss) => loss?.ToString("R", CultureInfo.InvariantCulture) ?? "none";
}
