namespace LisaOrleans.Data;

/// <summary>A step from tokens to text.</summary>
internal delegate IEnumerable<string> TokenDecoder(IReadOnlyList<string> tokens);
