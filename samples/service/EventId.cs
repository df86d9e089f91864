using System.Globalization;
using LisaOrleans;

/// <summary>The place of an event in its run, as the id of a server-sent event: STEP-ENTRY.</summary>
internal static class EventId
{
    public static string Write(EventPosition position) => string.Create(CultureInfo.InvariantCulture, $"{position.Step}-{position.Entry}");

    public static EventPosition Read(string? text) => text?.Split('-') is [var step, var entry]
        && long.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var s)
        && long.TryParse(entry, NumberStyles.None, CultureInfo.InvariantCulture, out var e)
        ? new EventPosition(s, e)
        : EventPosition.Start;
}
