namespace LisaOrleans.Data;

/// <summary>A token of a piece of text.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Start">Where its first character begins in the piece.</param>
/// <param name="End">Where its last character ends.</param>
internal readonly record struct Token(int Id, int Start, int End);
