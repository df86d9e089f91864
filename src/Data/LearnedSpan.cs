namespace LisaOrleans.Data;

/// <summary>A part of a text that is learned.</summary>
/// <param name="Start">Its first character.</param>
/// <param name="End">The character after its last.</param>
/// <param name="Weight">How much its tokens count in the loss; 0 where they lie in a turn that is context only.</param>
internal readonly record struct LearnedSpan(int Start, int End, float Weight);
