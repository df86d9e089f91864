namespace LisaOrleans.Data;

/// <summary>A record as it came out of a file.</summary>
/// <param name="File">Path.</param>
/// <param name="Unit">What the file counts: line, record or row.</param>
/// <param name="Number">Which one, from 1.</param>
/// <param name="Json">The record as JSON, in UTF-8; not yet parsed.</param>
internal readonly record struct RawRecord(string File, string Unit, long Number, ReadOnlyMemory<byte> Json)
{
    /// <summary>The longest record that is read, in bytes. A model's longest sequence is far below it.</summary>
    public const int Longest = 64 << 20;

    /// <value>Which record of the file it is, from 1: blank lines count as lines, not as records.</value>
    public long Record { get; init; } = Number;

    public string Place => $"{Unit} {Number}";

    /// <summary>The error where it is not valid JSON.</summary>
    public DatasetException Wrong(Exception e) => new($"{File}: {Place}{JsonFault.InLine(e)}: {JsonFault.Problem(e)}");

    public DatasetException Wrong(string problem) => new($"{File}: {Place}: {problem}");
}
