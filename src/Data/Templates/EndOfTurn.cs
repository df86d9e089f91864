namespace LisaOrleans.Data;

/// <summary>
/// What a model that was trained with a template says when its turn is over. With neither, there is only the tokenizer's end
/// token.
/// </summary>
/// <param name="TokenId">A special token's id, or null.</param>
/// <param name="Text">Where the tokenizer has no such special token: the text. Else null.</param>
public sealed record EndOfTurn(int? TokenId, string? Text)
{
    /// <summary>That of a template, as a tokenizer writes it.</summary>
    public static EndOfTurn Of(IChatTemplate template, ITokenizer tokenizer)
    {
        const string Content = "x";
        var turn = template.Render([new ChatMessage("user", Content), new ChatMessage(TurnTemplate.Assistant, Content)], addGenerationPrompt: false);
        return Of(string.Concat(turn.Where(s => s is { Trained: true, IsTemplate: true }).Select(s => s.Text)), tokenizer);
    }

    /// <summary>That of a folder's own template.</summary>
    public static EndOfTurn Of(FolderChatTemplate template, ITokenizer tokenizer) => Of(template.EndOfTurn(), tokenizer);

    private static EndOfTurn Of(string written, ITokenizer tokenizer)
    {
        var text = written.Trim();
        if (text.Length == 0) return new EndOfTurn(null, null);
        var special = tokenizer.EncodeWithSpecialTokens(text);
        return special.SequenceEqual(tokenizer.Encode(text)) ? new EndOfTurn(null, text) : new EndOfTurn(special[0], null);
    }
}
