namespace LisaOrleans.Data;

/// <summary>A record, how it is written, how often it is used, and of which source it is, from 1.</summary>
internal readonly record struct SourceRecord(RawRecord Raw, IDatasetFormat Format, int Uses, int Source);
