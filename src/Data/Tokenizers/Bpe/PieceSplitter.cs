namespace LisaOrleans.Data;

/// <summary>Cuts a text into the pieces that no merge may cross.</summary>
/// <param name="text">The text, or a piece of an earlier cut.</param>
/// <param name="beginsText">Whether it stands at the very beginning.</param>
internal delegate IEnumerable<string> PieceSplitter(string text, bool beginsText);
