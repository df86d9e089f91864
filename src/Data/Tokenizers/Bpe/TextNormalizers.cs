namespace LisaOrleans.Data;

/// <summary>Reads the field "normalizer".</summary>
internal static class TextNormalizers
{
    public static Func<string, string> Read(JsonField? field)
    {
        if (field is null) return text => text;
        var type = field.Required("type");
        switch (type.Text())
        {
            case "Sequence":
                Func<string, string>[] all = [.. field.Required("normalizers").Items().Select(Read)];
                return text => all.Aggregate(text, (t, normalize) => normalize(t));
            case "NFC":
                return CanonicalComposition.Compose;
            case "Prepend":
                var prefix = field.Required("prepend").Text();
                return text => text.Length == 0 ? text : prefix + text;
            case "Replace":
                return Replace(field);
            case var other:
                throw type.Unsupported(other, "Sequence", "NFC", "Prepend", "Replace");
        }
    }

    /// <summary>Reads a "Replace" of one text by another; decoders have it too.</summary>
    public static Func<string, string> Replace(JsonField field)
    {
        var pattern = field.Required("pattern").Required("String");
        if (pattern.Text() is not { Length: > 0 } from) throw pattern.Wrong("is empty");
        var to = field.Required("content").Text();
        return text => text.Replace(from, to, StringComparison.Ordinal);
    }
}
