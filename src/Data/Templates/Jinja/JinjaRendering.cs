namespace LisaOrleans.Data;

/// <summary>What a template wrote.</summary>
/// <param name="Text">The text.</param>
/// <param name="Generated">
/// The spans that <c>{% generation %}</c> marks as the model's own: first character and the one after the last. Null where
/// such a block lies in a macro or set block, whose text may go anywhere.
/// </param>
internal sealed record JinjaRendering(string Text, IReadOnlyList<(int Start, int End)>? Generated);
