using System.Globalization;
using System.Text;

namespace LisaOrleans.Data;

/// <summary>Reads the field "normalizer".</summary>
internal static class NormalizerReader
{
    /// <summary>What changes texts; null where nothing does.</summary>
    public static TextNormalizer? Read(JsonField? field)
    {
        if (field is null) return null;
        var all = new List<TextNormalizer>();
        Add(field, all);
        return all.Count == 0 ? null : text => all.Aggregate(text, (t, normalize) => normalize(t));
    }

    private static void Add(JsonField field, List<TextNormalizer> all)
    {
        var type = field.Required("type");
        switch (type.Text())
        {
            case "Sequence":
                foreach (var item in field.Required("normalizers").Items()) Add(item, all);
                break;
            case "NFC":
                all.Add(NormalForm.C.Apply);
                break;
            case "NFD":
                all.Add(NormalForm.D.Apply);
                break;
            case "NFKC":
                all.Add(NormalForm.KC.Apply);
                break;
            case "NFKD":
                all.Add(NormalForm.KD.Apply);
                break;
            case "Lowercase":
                all.Add(RuneMappers.Lowercase);
                break;
            case "Nmt":
                all.Add(RuneMappers.Nmt);
                break;
            case "StripAccents":
                all.Add(RuneMappers.Without(r => Rune.GetUnicodeCategory(r)
                    is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark));
                break;
            case "Strip":
                all.Add(Strip(field.Optional("strip_left")?.Flag() ?? true, field.Optional("strip_right")?.Flag() ?? true));
                break;
            case "Prepend":
                all.Add(Prepend(field.Required("prepend").Text()));
                break;
            case "Replace":
                all.Add(Replace(field));
                break;
            case "Precompiled":
                all.Add(CharsMap.Read(field.Required("precompiled_charsmap")).Normalize);
                break;
            case "ByteLevel":
                all.Add(WriteBytes);
                break;
            case "BertNormalizer":
                Bert(field, all);
                break;
            case var other:
                throw type.Unsupported(
                    other, "Sequence", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Nmt", "StripAccents", "Strip", "Prepend",
                    "Replace", "Precompiled", "ByteLevel", "BertNormalizer");
        }
    }

    /// <summary>Puts a text before another that is not empty.</summary>
    public static TextNormalizer Prepend(string prefix) => text =>
    {
        if (text.Text.Length == 0) return text;
        if (!text.Tracked) return text with { Text = prefix + text.Text };
        var builder = new AlignedTextBuilder(text);
        builder.Write(prefix, 0, 0);
        builder.Copy(0, text.Text.Length);
        return builder.Build();
    };

    private static TextNormalizer Replace(JsonField field)
    {
        var content = field.Required("content").Text();
        var pattern = field.Required("pattern");

        // One character for one: the places stay.
        if (pattern.Optional("String")?.Word() is { Length: 1 } from && content.Length == 1)
            return text => text with { Text = text.Text.Replace(from[0], content[0]) };
        var find = PiecePattern.Read(pattern);
        return text =>
        {
            var segments = new List<TextSegment>();
            find(text.Text, segments);
            if (!segments.Exists(s => s.Matches)) return text;
            var builder = new AlignedTextBuilder(text);
            foreach (var segment in segments)
            {
                if (segment.Matches) builder.Write(content, segment.Start, segment.End);
                else builder.Copy(segment.Start, segment.End);
            }

            return builder.Build();
        };
    }

    private static TextNormalizer Strip(bool left, bool right) => text =>
    {
        var from = left ? text.Text.Length - text.Text.AsSpan().TrimStart().Length : 0;
        var to = right ? text.Text.AsSpan().TrimEnd().Length : text.Text.Length;
        return text.Slice(Math.Min(from, to), to);
    };

    private static AlignedText WriteBytes(AlignedText text)
    {
        var builder = new AlignedTextBuilder(text);
        builder.WriteBytes(0, text.Text.Length);
        return builder.Build();
    }

    private static void Bert(JsonField field, List<TextNormalizer> all)
    {
        var lowercase = field.Optional("lowercase")?.Flag() ?? true;
        if (field.Optional("clean_text")?.Flag() ?? true) all.Add(RuneMappers.CleanText);
        if (field.Optional("handle_chinese_chars")?.Flag() ?? true) all.Add(RuneMappers.SpaceAroundChinese);
        if (field.Optional("strip_accents")?.Flag() ?? lowercase)
        {
            all.Add(NormalForm.D.Apply);
            all.Add(RuneMappers.Without(r => Rune.GetUnicodeCategory(r) == UnicodeCategory.NonSpacingMark));
        }

        if (lowercase) all.Add(RuneMappers.Lowercase);
    }
}
