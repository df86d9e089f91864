using System.Globalization;

namespace LisaOrleans.Api;

/// <summary>Says which event of a job is meant: one of its document, of its run's steps, or of its run's journal.</summary>
/// <param name="Kind">One of the constants.</param>
/// <param name="Number">From 1.</param>
internal readonly record struct JobEventId(char Kind, long Number)
{
    public const char Document = 'a';
    public const char Journal = 'j';
    public const char Step = 's';
    private const string Prefix = "ftevent-";

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Kind}{Number:D6}");

    /// <summary>Reads an id; false if the text is not one.</summary>
    public static bool TryParse(string text, out JobEventId id)
    {
        id = default;
        if (!text.StartsWith(Prefix, StringComparison.Ordinal) || text.Length <= Prefix.Length + 1) return false;
        var kind = text[Prefix.Length];
        if (kind is not (Document or Journal or Step)) return false;
        if (!long.TryParse(text.AsSpan(Prefix.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1)
            return false;
        id = new JobEventId(kind, number);
        return id.ToString() == text;
    }
}
