namespace LisaOrleans.Data;

/// <summary>A record, how it is written, and how often it is used.</summary>
internal readonly record struct SourceRecord(RawRecord Raw, IDatasetFormat Format, int Uses);
