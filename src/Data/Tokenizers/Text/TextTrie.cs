namespace LisaOrleans.Data;

/// <summary>Finds which of many texts another one begins with.</summary>
internal sealed class TextTrie
{
    /// <summary>The node that every search begins at.</summary>
    public const int Root = 0;

    /// <summary>The value where no text ends.</summary>
    public const int None = -1;

    // Far above any vocabulary; a table of them takes half a gigabyte.
    private const int MostCharacters = 1 << 24;

    private readonly PairTable _children;

    /// <param name="texts">
    /// Texts that are not empty, and a value of each that is not negative; of equal texts the last counts.
    /// </param>
    /// <exception cref="InvalidDataException">They are too long.</exception>
    public TextTrie(IReadOnlyCollection<(string Text, int Value)> texts)
    {
        var characters = texts.Sum(t => (long)t.Text.Length);
        if (characters > MostCharacters)
            throw new InvalidDataException($"has tokens of {characters} characters; at most {MostCharacters} are read");
        _children = new PairTable((int)characters);
        var nodes = 1;
        foreach (var (text, value) in texts)
        {
            var node = Root;
            for (var i = 0; i < text.Length; i++)
            {
                var last = i == text.Length - 1;
                if (!_children.TryGet(node, text[i], out var child, out var ends)) (child, ends) = (nodes++, None);
                _children.Set(node, text[i], child, last ? value : ends);
                node = child;
            }
        }
    }

    /// <summary>Moves on by one character, and says which text ends with it; false where no text continues that way.</summary>
    public bool Next(ref int node, char character, out int value) => _children.TryGet(node, character, out node, out value);

    /// <summary>
    /// The value of the longest text that stands at a place, and where it ends; <see cref="None"/> where there is none.
    /// </summary>
    public int Longest(ReadOnlySpan<char> text, int at, out int end)
    {
        var (node, found) = (Root, None);
        end = at;
        for (var i = at; i < text.Length && Next(ref node, text[i], out var value); i++)
            if (value != None) (found, end) = (value, i + 1);
        return found;
    }
}
