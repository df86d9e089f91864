namespace LisaOrleans.Data;

/// <summary>A token that is found in a text before anything else is done to it.</summary>
/// <param name="Content">Its text.</param>
/// <param name="Id">Its id.</param>
/// <param name="Special">Whether it steers the model and is left out of decoded text.</param>
internal sealed record AddedToken(string Content, int Id, bool Special)
{
    // A search at each place of a text takes as long as the longest token.
    private const int LongestContent = 4096;

    /// <summary>Only found between characters that belong to no word.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Includes the white space before it.</summary>
    public bool StripsLeft { get; init; }

    /// <summary>Includes the white space after it.</summary>
    public bool StripsRight { get; init; }

    /// <summary>Searched for in the normalized text, in its own normalized form.</summary>
    public bool Normalized { get; init; }

    /// <summary>Reads an entry of "added_tokens" or "added_tokens_decoder".</summary>
    /// <param name="field">The entry.</param>
    /// <param name="id">Its id.</param>
    public static AddedToken Read(JsonField field, int id)
    {
        var content = field.Required("content");
        if (content.Word().Length > LongestContent) throw content.Wrong($"is longer than {LongestContent} characters");
        var special = Flag("special", false);
        return new AddedToken(content.Text(), id, special)
        {
            SingleWord = Flag("single_word", false),
            StripsLeft = Flag("lstrip", false),
            StripsRight = Flag("rstrip", false),
            Normalized = Flag("normalized", !special),
        };

        bool Flag(string name, bool fallback) => field.Optional(name)?.Flag() ?? fallback;
    }
}
