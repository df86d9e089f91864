namespace LisaOrleans.Api;

/// <summary>Texts of callers in answers to them.</summary>
internal static class ApiText
{
    private const int Longest = 100;

    /// <summary>So much of a text as a message can hold.</summary>
    public static string Shorten(string text) => text.Length <= Longest ? text : text[..Longest] + "…";
}
