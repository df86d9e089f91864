using System.Text.RegularExpressions;

namespace LisaOrleans;

/// <summary>A setting of a run is outside what is allowed.</summary>
[GenerateSerializer, Alias("lisa.InvalidTrainingSettingException")]
public sealed partial class InvalidTrainingSettingException : LisaException
{
    /// <summary>Names the setting.</summary>
    /// <param name="setting">Its name in snake case, as <c>learning_rate</c>.</param>
    /// <param name="problem">What is wrong and what would be right, to follow the name; other settings as <c>{max_steps}</c>.</param>
    public InvalidTrainingSettingException(string setting, string problem)
        : base($"{setting} {Spell(problem, name => name)}") => (Setting, Problem) = (setting, problem);

    /// <summary>The setting's name in snake case, as <c>learning_rate</c>.</summary>
    [Id(0)] public string Setting { get; }

    /// <summary>What is wrong and what would be right, to follow the name; other settings as <c>{max_steps}</c>.</summary>
    [Id(1)] public string Problem { get; }

    /// <summary>The problem, with settings spelt as whoever reads it knows them.</summary>
    /// <param name="spell">Makes of a name in snake case a flag, a field or whatever it is there.</param>
    public string Describe(Func<string, string> spell) => Spell(Problem, spell);

    /// <summary>A text with settings spelt as whoever reads it knows them.</summary>
    /// <param name="text">With settings as <c>{max_steps}</c>.</param>
    /// <param name="spell">Makes of a name in snake case a flag, a field or whatever it is there.</param>
    public static string Spell(string text, Func<string, string> spell) => Reference().Replace(text, m => spell(m.Groups[1].Value));

    [GeneratedRegex(@"\{([a-z][a-z0-9_]*)\}")]
    private static partial Regex Reference();
}
