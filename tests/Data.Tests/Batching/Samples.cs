using CsCheck;

namespace LisaOrleans.Data.Tests;

/// <summary>Data sets of samples of given lengths whose tokens all differ, so that each can be found again.</summary>
internal static class Samples
{
    public const int FirstToken = 1000;

    public static Gen<int[]> Lengths(int longest) => Gen.Int[1, longest].Array[1, 60];

    /// <summary>Samples of these lengths; the first token of each carries no loss.</summary>
    public static TokenizedDataset Of(params int[] lengths)
    {
        var token = FirstToken;
        var samples = lengths.Select(length => new EncodedSample(
            [.. Enumerable.Range(0, length).Select(_ => token++)], [.. Enumerable.Range(0, length).Select(t => t > 0)]));
        return TokenizedDataset.Create([.. samples], new DatasetStatistics());
    }
}
