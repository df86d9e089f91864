using System.Globalization;
using System.Text.Json;

namespace LisaOrleans;

/// <summary>Says what is wrong with JSON that could not be read, and where, in words for people: places count from 1.</summary>
internal static class JsonFault
{
    private const string Twice = "Duplicate property '";
    private const string Missing = "including: ";
    private const string Unknown = "' could not be mapped to any .NET member";
    private const string Null = " null values";
    private const string Converted = "could not be converted to ";

    // What System.Text.Json appends for programmers.
    private static readonly string[] s_appended = [" Path: ", " LineNumber: "];

    // What a value must be, by how the type that it does not become begins.
    private static readonly (string Type, string Wanted)[] s_wanted =
    [
        ("System.Nullable`1[", ""), ("System.Int", "a whole number"), ("System.UInt", "a whole number of at least 0"),
        ("System.Byte", "a whole number from 0 to 255"), ("System.Double", "a number"), ("System.Single", "a number"),
        ("System.String", "a text"), ("System.Boolean", "true or false"),
        ("System.DateTimeOffset", "a time, such as 2026-01-31T12:00:00+00:00"), ("System.TimeSpan", "a duration, such as 00:01:30"),
        ("System.Collections.Generic.IReadOnlyDictionary", "an object"), ("System.Collections.Generic.Dictionary", "an object"),
        ("System.Collections.Generic.", "a list"),
    ];

    // The same where the reader says it: for what goes into a constructor, the type that is named is the object's.
    private static readonly (string Says, string Wanted)[] s_read =
    [
        (" as a number", "a number"), ("an Int", "a whole number"), ("a UInt", "a whole number of at least 0"), (" as a string", "a text"),
        (" as a boolean", "true or false"), ("DateTimeOffset", "a time, such as 2026-01-31T12:00:00+00:00"),
    ];

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
        var name = path.TrimStart('$').TrimStart('.');
        if (json.Message.IndexOf(Missing, StringComparison.Ordinal) is > 0 and var at)
        {
            var missing = json.Message[(at + Missing.Length)..].TrimEnd('.');
            return (missing.Contains(',', StringComparison.Ordinal) ? $"fields {missing} are missing" : $"field {missing} is missing")
                + (name.Length == 0 ? "" : $" in '{name}'");
        }

        if (name.Length == 0) return "must be a JSON object";
        var field = $"field '{name}'";
        if (json.Message.Contains(Unknown, StringComparison.Ordinal)) return $"{field} is not known; another version may have written it";
        return Wanted(json) is { } wanted ? $"{field} must be {wanted}" : $"{field} has a value that it cannot have";
    }

    private static string? Wanted(JsonException e)
    {
        if (e.Message.Contains(Null, StringComparison.Ordinal)) return "given, and not null";
        if (e.InnerException?.Message is { } inner && s_read.FirstOrDefault(r => inner.Contains(r.Says, StringComparison.Ordinal)).Wanted is { } told)
            return told;
        if (e.Message.IndexOf(Converted, StringComparison.Ordinal) is not (> 0 and var at)) return null;
        var type = e.Message[(at + Converted.Length)..];
        while (s_wanted.FirstOrDefault(w => type.StartsWith(w.Type, StringComparison.Ordinal)) is { Type: { } begins } found)
        {
            if (found.Wanted.Length > 0) return found.Wanted;
            type = type[begins.Length..];
        }

        return null;
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
        if (e.Message.Contains("reached end of data", StringComparison.Ordinal)) return "it ends too early";
        if (s_plain.FirstOrDefault(p => e.Message.StartsWith(p.Begins, StringComparison.Ordinal)).Plain is { } plain) return plain;
        var end = s_appended.Select(a => e.Message.IndexOf(a, StringComparison.Ordinal)).Where(at => at > 0)
            .DefaultIfEmpty(e.Message.Length).Min();
        return e.Message[..end].TrimEnd('.');
    }
}
