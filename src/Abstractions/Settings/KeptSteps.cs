using System.Globalization;

namespace LisaOrleans;

/// <summary>The steps whose manifests <see cref="TrainingSpec.KeepManifests"/> keeps by <c>every:K</c>.</summary>
public static class KeptSteps
{
    private const string Every = "every:";

    /// <summary>The K of each such rule.</summary>
    /// <param name="spec">The settings, each within its limits.</param>
    public static IReadOnlyList<long> Of(TrainingSpec spec) =>
    [
        .. spec.KeepManifests.Split(',').Where(r => r.StartsWith(Every, StringComparison.Ordinal))
            .Select(r => long.Parse(r[Every.Length..], CultureInfo.InvariantCulture)),
    ];

    /// <summary>What is wrong with a rule whose steps have no manifests; null where nothing is. Runs that are stored may have such rules.</summary>
    /// <param name="spec">The settings, each within its limits.</param>
    public static InvalidTrainingSettingException? Problem(TrainingSpec spec) =>
        Of(spec).FirstOrDefault(e => spec.SaveSteps == 0 || e % spec.SaveSteps != 0) is > 0 and var every
            ? new InvalidTrainingSettingException(
                TrainingSettings.Open.Of(nameof(TrainingSpec.KeepManifests)).Name,
                $"has every:{every}, which must be a multiple of {{save_steps}}, but that is {spec.SaveSteps}")
            : null;
}
