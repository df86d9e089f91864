using System.Security.Cryptography;

namespace LisaOrleans.Api;

/// <summary>Ids of what the API makes: a prefix, and letters and digits that nobody can guess.</summary>
internal static class ApiIds
{
    public const string FilePrefix = "file-";
    public const string JobPrefix = "ftjob-";
    private const int Digits = 24;
    private const int Longest = 64;

    // Lower case only: ids name files, even on file systems that ignore case.
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

    public static string New(string prefix) => prefix + RandomNumberGenerator.GetString(Alphabet, Digits);

    /// <summary>Whether a text may be such an id, and so part of a document's path.</summary>
    public static bool IsId(string text, string prefix) =>
        text.Length > prefix.Length && text.Length <= Longest && text.StartsWith(prefix, StringComparison.Ordinal)
        && text.AsSpan(prefix.Length).IndexOfAnyExcept(Alphabet) < 0;
}
