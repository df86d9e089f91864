namespace LisaOrleans.Api;

/// <summary>Texts from callers that are quoted in answers.</summary>
internal static class ApiText
{
    private const int Longest = 100;

    /// <summary>As much of a text as fits in a message.</summary>
    public static string Shorten(string text) => text.Length <= Longest ? text : text[..Longest] + "…";
}
