using System.Text;

namespace LisaOrleans.Data;

/// <summary>A SentencePiece model of type UNIGRAM. Source: SentencePiece's unigram_model.</summary>
internal sealed class SentencePieceUnigram : SentencePieceModel
{
    // A user-defined piece scores the best score for each of its bytes, less this.
    private const double UserDefinedMalus = 0.1;

    private readonly UnigramLattice _lattice;

    public SentencePieceUnigram(SentencePieceFile file)
        : base(file)
    {
        var (lowest, highest) = (float.MaxValue, SmallestNormal);
        foreach (var piece in file.Pieces.Where(p => p.Kind == SentencePieceKind.Normal))
            (lowest, highest) = (Math.Min(lowest, piece.Score), Math.Max(highest, piece.Score));
        var found = file.Pieces.Index().Where(p => p.Item is { IsText: true, Kind: not SentencePieceKind.Unused });
        _lattice = new UnigramLattice(found.Select(p => (p.Item.Text, p.Index, Score(p.Item, highest))), lowest, Unknown, true);
    }

    // The highest score starts from this, as in SentencePiece (C's FLT_MIN), so it is never below zero.
    private static float SmallestNormal => BitConverter.UInt32BitsToSingle(0x00800000);

    protected override void EncodeNew(ReadOnlySpan<char> piece, int at, EncodingScratch scratch) =>
        AddFound(piece, _lattice.Best(piece, scratch.Best), at, scratch.Tokens);

    private static double Score(SentencePiece piece, float highest) =>
        piece.Kind == SentencePieceKind.UserDefined
            ? ((float)Encoding.UTF8.GetByteCount(piece.Text) * highest) - UserDefinedMalus
            : piece.Score;
}
