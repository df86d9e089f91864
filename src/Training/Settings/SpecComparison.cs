using System.Reflection;
using System.Text.Json;

namespace LisaOrleans.Training;

/// <summary>Tells which settings of two specs differ in a way that would change the result.</summary>
public static class SpecComparison
{
    /// <summary>One line for each difference: the setting's name, what it was and what it would be.</summary>
    public static IReadOnlyList<string> Differences(TrainingSpec stored, TrainingSpec given)
    {
        // What neither run uses makes no difference; what is not a setting follows from the others, and does.
        var free = RunSettings.Table.All.Where(s => s.ChangesNoBit)
            .Concat(RunSettings.Table.All.Except(RunSettings.Table.UsedBy(stored)).Except(RunSettings.Table.UsedBy(given)))
            .Select(s => s.Property).ToHashSet();
        var same = RunSettings.Table.All.SelectMany(s => s.SameBits, (s, word) => (s.Property, word)).ToLookup(s => s.Property, s => Text(s.word));
        return
        [
            .. typeof(TrainingSpec).GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(p => p.CanWrite && !free.Contains(p.Name))
                .Select(p => (p.Name, Was: Text(p.GetValue(stored)), Now: Text(p.GetValue(given))))
                .Where(p => p.Was != p.Now && !(same[p.Name].Contains(p.Was) && same[p.Name].Contains(p.Now)))
                .Select(p => $"{JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name)}: was {p.Was}, now {p.Now}"),
        ];
    }

    /// <summary>Whether two values of a setting mean the same: lists are of layers, modules and samples, and in any order.</summary>
    internal static bool Same(object? one, object? other) => Text(one) == Text(other);

    private static string Text(object? value) => JsonSerializer.Serialize(value switch
    {
        IReadOnlyList<int> numbers => numbers.Distinct().Order().ToArray(),
        IReadOnlyList<string> names => names.Distinct().Order(StringComparer.Ordinal).ToArray(),
        _ => value,
    });
}
