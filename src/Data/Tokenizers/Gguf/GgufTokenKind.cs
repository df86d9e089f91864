namespace LisaOrleans.Data;

/// <summary>What a token is in a GGUF file; the numbers are the format's, and SentencePiece's.</summary>
public enum GgufTokenKind
{
    /// <summary>Learned from texts.</summary>
    Normal = 1,

    /// <summary>Stands for what has no token.</summary>
    Unknown = 2,

    /// <summary>Steers the model.</summary>
    Control = 3,

    /// <summary>Added, and always found in a text.</summary>
    UserDefined = 4,

    /// <summary>A row of the embedding without a token.</summary>
    Unused = 5,

    /// <summary>A byte.</summary>
    Byte = 6,
}
