namespace LisaOrleans.Api;

/// <summary>Something that happened to a job before its run existed.</summary>
/// <param name="At">When.</param>
/// <param name="Level">info, warn or error.</param>
/// <param name="Message">For people.</param>
internal sealed record JobLogEntry(DateTimeOffset At, string Level, string Message);
