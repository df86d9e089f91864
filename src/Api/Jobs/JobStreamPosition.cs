using System.Globalization;

namespace LisaOrleans.Api;

/// <summary>A reader's place in a job's stream of events: what it has seen. The <c>id</c> of server-sent events.</summary>
/// <param name="Document">Events of the job's document.</param>
/// <param name="Run">Events of its run.</param>
internal readonly record struct JobStreamPosition(int Document, EventPosition Run)
{
    public static JobStreamPosition Start { get; } = new(0, EventPosition.Start);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Document}-{Run.Step}-{Run.Entry}");

    /// <summary>Reads the <c>Last-Event-ID</c> that a reader comes back with.</summary>
    public static JobStreamPosition Parse(string text) =>
        text.Split('-') is [var document, var step, var entry]
        && int.TryParse(document, NumberStyles.None, CultureInfo.InvariantCulture, out var d)
        && int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var s)
        && int.TryParse(entry, NumberStyles.None, CultureInfo.InvariantCulture, out var e)
            ? new JobStreamPosition(d, new EventPosition(s, e))
            : throw ApiException.Invalid("Last-Event-ID must be the id of an event of this stream.", "Last-Event-ID", "invalid_value");
}
