namespace LisaOrleans.Data;

/// <summary>How far a tokenisation has come.</summary>
/// <param name="Done">Records done.</param>
/// <param name="Total">Records in all; 0 if unknown.</param>
public sealed record TokenizeProgress(long Done, long Total);
