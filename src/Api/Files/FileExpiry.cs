using System.Globalization;

namespace LisaOrleans.Api;

/// <summary>OpenAI's <c>expires_after</c> of an upload: how long to keep the file.</summary>
internal sealed class FileExpiry
{
    public const string Anchor = "expires_after[anchor]";
    public const string Seconds = "expires_after[seconds]";
    public const string OnlyAnchor = "created_at";

    // An hour to thirty days, as with OpenAI.
    public const long Shortest = 3_600;
    public const long Longest = 2_592_000;

    private string? _anchor;
    private string? _seconds;

    /// <summary>Takes a field; false if it was there before.</summary>
    public bool Add(string name, string value)
    {
        ref var field = ref name == Anchor ? ref _anchor : ref _seconds;
        if (field is not null) return false;
        field = value;
        return true;
    }

    /// <summary>How long; null if nothing was said.</summary>
    /// <exception cref="ApiException">A field is wrong or missing.</exception>
    public TimeSpan? Lifetime()
    {
        if (_anchor is null && _seconds is null) return null;
        if (_anchor is null || _seconds is null) throw ApiException.Missing(_anchor is null ? Anchor : Seconds);

        if (_anchor != OnlyAnchor) throw RequestFields.Wrong(Anchor, $"must be {OnlyAnchor}.");
        return long.TryParse(_seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is >= Shortest and <= Longest
            ? TimeSpan.FromSeconds(seconds)
            : throw RequestFields.Wrong(Seconds, $"must be a whole number from {Shortest} to {Longest}.");
    }
}
