using System.Globalization;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// Names a manifest of a run: <c>RUN@STEP</c>, <c>RUN@best</c> or <c>RUN@last</c>; <c>RUN</c> alone is the last. A run's name has no
/// '@' in it.
/// </summary>
public sealed record ManifestAddress
{
    private const string LastWord = "last";
    private const string BestWord = "best";

    private ManifestAddress(string run) => Run = run;

    /// <summary>The run.</summary>
    public string Run { get; }

    /// <summary>The step; null for the best or the last.</summary>
    public long? Step { get; private init; }

    /// <summary>Whether it is the best.</summary>
    public bool IsBest { get; private init; }

    /// <summary>The last manifest of a run.</summary>
    public static ManifestAddress Last(string run) => new(run);

    /// <summary>The manifest of a run at a step.</summary>
    public static ManifestAddress At(string run, long step) => new(run) { Step = step };

    /// <summary>Reads an address.</summary>
    /// <param name="text">As people write it.</param>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static ManifestAddress Parse(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var run = at < 0 ? text : text[..at];
        RunName.Validate(run);
        return (at < 0 ? LastWord : text[(at + 1)..]) switch
        {
            LastWord => new(run),
            BestWord => new(run) { IsBest = true },
            var digits when long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var step) => new(run) { Step = step },
            var other => throw new ArgumentException($"'{text}': after '@' comes a step, {BestWord} or {LastWord}, not '{other}'"),
        };
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Step is { } step ? string.Create(CultureInfo.InvariantCulture, $"{Run}@{step}") : IsBest ? $"{Run}@{BestWord}" : Run;
}
