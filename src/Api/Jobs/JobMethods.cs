using System.Text.Json;
using LisaOrleans.Training;

namespace LisaOrleans.Api;

/// <summary>The values of <see cref="JobMethod.Type"/>, and the settings that go with each.</summary>
internal static class JobMethods
{
    public const string Supervised = "supervised";

    public const string Dpo = "dpo";

    private const string TypeField = "method.type";

    /// <summary>All types.</summary>
    public static IReadOnlyList<string> All { get; } = [Supervised, Dpo, .. Methods.All.Names];

    /// <summary>The defaults of a run that a type stands for.</summary>
    public static TrainingSpec Defaults(string type, string run) => new()
    {
        RunName = run,
        Method = type is Supervised or Dpo ? TrainingMethods.Lisa : type,
        Objective = type == Dpo ? TrainingObjectives.Dpo : TrainingObjectives.Sft,
    };

    /// <summary>The path of a type's settings in a request.</summary>
    public static string Field(string type) => $"method.{type}.hyperparameters";

    /// <summary>The settings of a method that is not OpenAI's.</summary>
    /// <exception cref="ApiException">They are not what they should be.</exception>
    public static JobHyperparameters Hyperparameters(JobMethod method)
    {
        if (method.Methods?.TryGetValue(method.Type, out var own) != true || own.ValueKind == JsonValueKind.Null) return JobHyperparameters.None;
        return ApiBody.Convert<JobMethodSettings<JobHyperparameters>>(own, $"method.{method.Type}").Hyperparameters ?? JobHyperparameters.None;
    }

    /// <summary>Checks that a method is known, and that only its own settings are given.</summary>
    /// <exception cref="ApiException">It is not.</exception>
    public static void Check(JobMethod method)
    {
        if (!All.Contains(method.Type))
        {
            throw ApiException.Invalid(
                $"Invalid value for '{TypeField}': '{ApiText.Shorten(method.Type)}' is none of {string.Join(", ", All)}.",
                TypeField, "invalid_value");
        }

        var given = (method.Methods?.Keys ?? []).Concat(method.Supervised is null ? [] : [Supervised]).Concat(method.Dpo is null ? [] : [Dpo]);
        if (given.FirstOrDefault(m => m != method.Type) is not { } other) return;
        throw ApiException.Invalid(
            $"'method.{ApiText.Shorten(other)}' does not belong to type '{method.Type}'.", $"method.{ApiText.Shorten(other)}", "invalid_value");
    }
}
