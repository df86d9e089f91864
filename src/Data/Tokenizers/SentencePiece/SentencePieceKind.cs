namespace LisaOrleans.Data;

/// <summary>What a piece is; the numbers are those of SentencePiece's files, and of GGUF's.</summary>
public enum SentencePieceKind
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
