using System.Text.Json;

namespace LisaOrleans.Silo;

/// <summary>A machine's own service that answers otherwise than its vendor documents.</summary>
internal static class NoticeFault
{
    /// <summary>Whether reading an answer failed because of what it says.</summary>
    public static bool Is(Exception e) => e is JsonException or KeyNotFoundException or InvalidOperationException;

    /// <summary>What to throw instead.</summary>
    /// <param name="service">What answered.</param>
    /// <param name="e">Why it could not be read.</param>
    public static InvalidDataException Of(string service, Exception e) =>
        new($"{service}: the answer is not as documented: {(e is JsonException ? JsonFault.Describe(e) : "its fields are others")}", e);
}
