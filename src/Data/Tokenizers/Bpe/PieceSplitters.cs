using System.Text.RegularExpressions;

namespace LisaOrleans.Data;

/// <summary>Reads the field "pre_tokenizer".</summary>
internal static class PieceSplitters
{
    // GPT-2's expression, built into Hugging Face's ByteLevel.
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public static PieceSplitter Read(JsonField? field)
    {
        if (field is null) return (text, _) => [text];
        var type = field.Required("type");
        return type.Text() switch
        {
            "Sequence" => Sequence([.. field.Required("pretokenizers").Items().Select(Read)]),
            "ByteLevel" => ByteLevel(field),
            "Split" => Split(field),
            "Digits" => Cut(new PiecePattern(field.Optional("individual_digits")?.Flag() == true ? @"\p{N}" : @"\p{N}+"), true),
            "Metaspace" => Metaspace(field),
            var other => throw type.Unsupported(other, "Sequence", "ByteLevel", "Split", "Digits", "Metaspace"),
        };
    }

    private static PieceSplitter Sequence(PieceSplitter[] splitters) => (text, beginsText) =>
        splitters.Aggregate((IEnumerable<string>)[text], (pieces, splitter) => pieces.SelectMany((piece, i) => splitter(piece, beginsText && i == 0)));

    private static PieceSplitter ByteLevel(JsonField field)
    {
        var prefix = field.Required("add_prefix_space").Flag();
        var pattern = field.Optional("use_regex")?.Flag() == false ? null : new PiecePattern(Gpt2);
        return (text, _) =>
        {
            var spaced = prefix && !text.StartsWith(' ') ? " " + text : text;
            return (pattern?.Split(spaced, true) ?? [spaced]).Select(ByteAlphabet.Write);
        };
    }

    private static PieceSplitter Split(JsonField field)
    {
        var behavior = field.Required("behavior");
        var inverted = field.Optional("invert")?.Flag() ?? false;
        var pattern = Pattern(field.Required("pattern"));
        return (behavior.Text(), inverted) switch
        {
            ("Isolated", _) => Cut(pattern, true),
            ("Removed", true) => Cut(pattern, false),
            ("Removed", false) => throw behavior.Unsupported("Removed", "Isolated", "Removed with invert"),
            var (other, _) => throw behavior.Unsupported(other, "Isolated", "Removed with invert"),
        };
    }

    private static PiecePattern Pattern(JsonField field)
    {
        if (field.Optional("String") is { } text) return new PiecePattern(Regex.Escape(text.Text()));
        var expression = field.Required("Regex");
        try
        {
            return new PiecePattern(expression.Text());
        }
        catch (RegexParseException e)
        {
            throw expression.Wrong($"is no regular expression: {e.Message}");
        }
    }

    private static PieceSplitter Cut(PiecePattern pattern, bool keepRest) => (text, _) => pattern.Split(text, keepRest);

    private static PieceSplitter Metaspace(JsonField field)
    {
        var space = field.Required("replacement").Text();
        var scheme = Scheme(field);
        var split = field.Optional("split")?.Flag() ?? true;
        var pattern = new PiecePattern($"(?:{Regex.Escape(space)})?(?:(?!{Regex.Escape(space)})[\\s\\S])*");
        return (text, beginsText) =>
        {
            var marked = text.Replace(" ", space, StringComparison.Ordinal);
            if ((scheme == "always" || (scheme == "first" && beginsText)) && !marked.StartsWith(space, StringComparison.Ordinal)) marked = space + marked;
            return split ? pattern.Split(marked, true) : [marked];
        };
    }

    /// <summary>When Metaspace puts a space before a text: always, first or never.</summary>
    public static string Scheme(JsonField metaspace)
    {
        if (metaspace.Optional("prepend_scheme") is not { } scheme)
            return metaspace.Optional("add_prefix_space")?.Flag() == false ? "never" : "always";
        return scheme.Text() is "always" or "first" or "never" ? scheme.Text() : throw scheme.Unsupported(scheme.Text(), "always", "first", "never");
    }
}
