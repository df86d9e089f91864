using System.Reflection;
using System.Text.Json;

namespace LisaOrleans.Training;

/// <summary>Tells which settings of two specs differ in a way that would change the result.</summary>
public static class SpecComparison
{
    // These change when things happen, not what comes out.
    private static readonly HashSet<string> s_free =
        [nameof(TrainingSpec.RunName), nameof(TrainingSpec.SaveSteps), nameof(TrainingSpec.EvalSteps), nameof(TrainingSpec.GradientCheckpointing),
         nameof(TrainingSpec.Priority)];

    public static IReadOnlyList<string> Differences(TrainingSpec stored, TrainingSpec given) =>
        [.. typeof(TrainingSpec).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => !s_free.Contains(p.Name) && p.CanWrite)
            .Select(p => (p.Name, Was: Text(p.GetValue(stored)), Now: Text(p.GetValue(given))))
            .Where(p => p.Was != p.Now)
            .Select(p => $"{JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name)}: was {p.Was}, now {p.Now}")];

    private static string Text(object? value) => JsonSerializer.Serialize(value);
}
