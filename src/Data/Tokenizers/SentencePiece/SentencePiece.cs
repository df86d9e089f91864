namespace LisaOrleans.Data;

/// <summary>A piece of a SentencePiece model.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Score">The higher, the sooner it is taken.</param>
/// <param name="Kind">What it is.</param>
internal readonly record struct SentencePiece(string Text, float Score, SentencePieceKind Kind)
{
    /// <summary>Whether it can be found in a text.</summary>
    public bool IsText => Kind is SentencePieceKind.Normal or SentencePieceKind.UserDefined or SentencePieceKind.Unused;
}

/// <summary>What a piece is; the numbers are the file's.</summary>
internal enum SentencePieceKind
{
    /// <summary>Learned from texts.</summary>
    Normal = 1,

    /// <summary>Stands for what has no piece.</summary>
    Unknown = 2,

    /// <summary>Never found in a text.</summary>
    Control = 3,

    /// <summary>Always found in a text.</summary>
    UserDefined = 4,

    /// <summary>Not used.</summary>
    Unused = 5,

    /// <summary>A byte.</summary>
    Byte = 6,
}
