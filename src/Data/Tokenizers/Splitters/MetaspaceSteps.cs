namespace LisaOrleans.Data;

/// <summary>SentencePiece's way: spaces become a sign that the word after them begins with.</summary>
internal static class MetaspaceSteps
{
    public static void Add(JsonField field, List<PieceStep> steps)
    {
        var sign = field.Required("replacement").Character();
        var scheme = Scheme(field);
        steps.Add(pieces => pieces.Rewrite((builder, piece, number) =>
        {
            var text = pieces.Text.Text.AsSpan(piece.Start, piece.Length);
            var begins = scheme == "always" || (scheme == "first" && pieces.BeginsText && number == 0 && piece.Start == 0);
            if (begins && text[0] != ' ' && !text.StartsWith(sign, StringComparison.Ordinal))
                builder.Write(sign, piece.Start, piece.Start);
            for (var at = piece.Start; at < piece.End;)
            {
                var space = pieces.Text.Text.AsSpan(at..piece.End).IndexOf(' ');
                var end = space < 0 ? piece.End : at + space;
                builder.Copy(at, end);
                if (space >= 0) builder.Write(sign, end, end + 1);
                at = end + 1;
            }
        }));
        if (field.Optional("split")?.Flag() ?? true)
            steps.Add(pieces => pieces.Cut(PiecePattern.Literal(sign), SplitBehavior.WithNext));
    }

    /// <summary>When a sign is put before a text: always, first or never.</summary>
    public static string Scheme(JsonField metaspace)
    {
        var prefix = metaspace.Optional("add_prefix_space");
        if (metaspace.Optional("prepend_scheme") is not { } scheme) return prefix?.Flag() == false ? "never" : "always";
        if (scheme.Text() is not ("always" or "first" or "never"))
            throw scheme.Unsupported(scheme.Text(), "always", "first", "never");
        return prefix?.Flag() == false && scheme.Text() != "never"
            ? throw prefix.Wrong($"is false, but prepend_scheme is '{scheme.Text()}'")
            : scheme.Text();
    }
}
