namespace LisaOrleans.Data;

/// <summary>
/// The tokens of a text, and the characters (UTF-16 units) that each comes from. A character that is cut into several
/// tokens belongs to each of them; a token that stands for nothing in the text, such as a space put before it, is empty.
/// </summary>
/// <param name="Ids">The ids.</param>
/// <param name="Starts">Where each token's first character begins; it never goes back.</param>
/// <param name="Ends">Where each token's last character ends.</param>
public sealed record TokenizedText(int[] Ids, int[] Starts, int[] Ends);
