namespace LisaOrleans.Data;

/// <summary>What a tokenizer is made of.</summary>
internal sealed record TokenizerParts
{
    /// <summary>The file that it was read from, for errors.</summary>
    public required string File { get; init; }

    public required IReadOnlyList<AddedToken> Added { get; init; }

    /// <summary>Changes text before it is cut; null where nothing does.</summary>
    public required TextNormalizer? Normalizer { get; init; }

    /// <summary>Cut a text into pieces.</summary>
    public required IReadOnlyList<PieceStep> Steps { get; init; }

    public required TokenModel Model { get; init; }

    /// <summary>Turns tokens into text.</summary>
    public required TextDecoder Decoder { get; init; }

    public required int? BosTokenId { get; init; }

    public required int? EosTokenId { get; init; }

    public required bool AddBosToken { get; init; }
}
