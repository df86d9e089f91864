namespace LisaOrleans.Data;

/// <summary>What a data set became.</summary>
/// <param name="Records">Records in the file.</param>
/// <param name="Truncated">Samples cut to the block size.</param>
/// <param name="Skipped">Samples left out because nothing to learn is within the block size.</param>
/// <param name="Tokens">Tokens in all samples.</param>
/// <param name="TrainedTokens">Tokens that carry loss.</param>
public sealed record DatasetStatistics(int Records, int Truncated, int Skipped, long Tokens, long TrainedTokens)
{
    /// <value>Fields of the records that were left out, by name: metadata, and what the user said to leave out.</value>
    public IReadOnlyList<string> LeftOutFields { get; init; } = [];
}
