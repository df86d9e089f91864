using System.Globalization;
using System.Text.Json;

namespace LisaOrleans;

/// <summary>Says what is wrong with JSON that could not be read, and where, in words for people: places count from 1.</summary>
internal static class JsonFault
{
    private const string Twice = "Duplicate property '";
    private const string Missing = "including: ";

    // What System.Text.Json appends for programmers.
    private static readonly string[] s_appended = [" Path: ", " LineNumber: "];

    // Its sentences that speak of .NET, by how they begin.
    private static readonly (string Begins, string Plain)[] s_plain =
    [
        ("The input does not contain any JSON tokens", "there is nothing in it"),
        ("Expected depth to be zero", "it ends before all its objects and lists are closed"),
        ("The JSON object contains a trailing comma", "a comma must not come before a closing ']' or '}'"),
        ("The JSON array contains a trailing comma", "a comma must not come before a closing ']' or '}'"),
        ("''' is an invalid start", "texts and names must be in double quotes"),
        ("The maximum configured depth", "too many objects and lists are nested in each other"),
    ];

    /// <summary>What is wrong, to follow a file's name: <c>line 2, byte 18: is not valid JSON: …</c>.</summary>
    /// <param name="e">
    /// A <see cref="JsonException"/>; or an <see cref="InvalidOperationException"/>, which is half a surrogate pair in a text that is read.
    /// </param>
    public static string Describe(Exception e) => Place(e) is { } place ? $"{place}: {Problem(e)}" : Problem(e);

    /// <summary>The same without the place.</summary>
    /// <param name="e">The exception.</param>
    public static string Problem(Exception e)
    {
        if (e is not JsonException { Path: { } path } json || json.InnerException is JsonException
            || json.Message.StartsWith(Twice, StringComparison.Ordinal))
            return $"is not valid JSON: {Reason(e)}";
        if (json.Message.IndexOf(Missing, StringComparison.Ordinal) is > 0 and var at)
            return $"field {json.Message[(at + Missing.Length)..].TrimEnd('.')} is missing";
        return path == "$" ? "is not the JSON object that it should be" : $"field '{path.TrimStart('$').TrimStart('.')}' is not what it should be";
    }

    /// <summary>Where it is: <c>line 2, byte 18</c>; null where nothing says.</summary>
    /// <param name="e">The exception.</param>
    public static string? Place(Exception e) => e is JsonException { LineNumber: { } line, BytePositionInLine: { } position }
        ? string.Create(CultureInfo.InvariantCulture, $"line {line + 1}, byte {position + 1}")
        : null;

    /// <summary>Where it is in its line: <c>, byte 18</c>; empty where nothing says.</summary>
    /// <param name="e">The exception.</param>
    public static string InLine(Exception e) => e is JsonException { BytePositionInLine: { } position }
        ? string.Create(CultureInfo.InvariantCulture, $", byte {position + 1}")
        : "";

    /// <summary>Why a text is not JSON.</summary>
    /// <param name="e">The exception.</param>
    public static string Reason(Exception e)
    {
        if (e is not JsonException) return "it escapes half a character, a surrogate without its other half";
        if (e.InnerException is JsonException inner) return Reason(inner);
        if (e.Message.StartsWith(Twice, StringComparison.Ordinal)
            && e.Message.IndexOf("' ", Twice.Length, StringComparison.Ordinal) is > 0 and var quote)
            return $"field '{e.Message[Twice.Length..quote]}' is given twice";
        if (s_plain.FirstOrDefault(p => e.Message.StartsWith(p.Begins, StringComparison.Ordinal)).Plain is { } plain) return plain;
        var end = s_appended.Select(a => e.Message.IndexOf(a, StringComparison.Ordinal)).Where(at => at > 0)
            .DefaultIfEmpty(e.Message.Length).Min();
        return e.Message[..end].TrimEnd('.');
    }
}
