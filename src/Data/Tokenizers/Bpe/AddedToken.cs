namespace LisaOrleans.Data;

/// <summary>An entry of the field "added_tokens": found in a text before anything else is done to it.</summary>
/// <param name="Content">Its text.</param>
/// <param name="Id">Its id.</param>
/// <param name="Special">Whether it steers the model, and so only templates may write it.</param>
internal sealed record AddedToken(string Content, int Id, bool Special)
{
    public static AddedToken Read(JsonField field)
    {
        var token = new AddedToken(field.Required("content").Text(), field.Required("id").Id(), field.Optional("special")?.Flag() ?? false);
        if (token.Content.Length == 0) throw field.Required("content").Wrong("is empty");

        // Of special tokens these say what happens to the text around them, which is the templates' own.
        foreach (var name in token.Special ? [] : (string[])["single_word", "lstrip", "rstrip"])
            if (field.Optional(name) is { } option && option.Flag()) throw option.Wrong("is true, which is not supported for tokens that are not special");
        return token;
    }
}
