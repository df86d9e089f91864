using System.Globalization;
using System.Text;

namespace LisaOrleans.Data;

/// <summary>Reads the field "decoder", and makes text of tokens.</summary>
internal sealed class TokenDecoder
{
    private readonly List<Func<string, string>> _replacements = [];
    private bool _byteLevel;
    private bool _byteFallback;
    private bool _fused;
    private string _leading = "";
    private int _leadingCount;

    public TokenDecoder(JsonField field) => Add(field);

    /// <summary>The text of tokens. Bytes that are no UTF-8 become U+FFFD.</summary>
    public string Decode(IEnumerable<string> tokens)
    {
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            var text = _replacements.Aggregate(token, (t, replace) => replace(t));
            if (_byteFallback && Byte(text) is { } value) bytes.Add(value);
            else bytes.AddRange(_byteLevel ? ByteAlphabet.Read(text) : Encoding.UTF8.GetBytes(text));
        }

        var result = Encoding.UTF8.GetString([.. bytes]);
        var from = 0;
        for (var i = 0; i < _leadingCount && result.AsSpan(from).StartsWith(_leading); i++) from += _leading.Length;
        return result[from..];
    }

    private void Add(JsonField field)
    {
        var type = field.Required("type");
        switch (type.Text())
        {
            case "Sequence":
                foreach (var item in field.Required("decoders").Items()) Add(item);
                break;
            case "ByteLevel":
                _byteLevel = true;
                break;
            case "ByteFallback":
                _byteFallback = true;
                break;
            case "Fuse":
                _fused = true;
                break;
            case "Replace":
                _replacements.Add(TextNormalizers.Replace(field));
                break;
            case "Metaspace":
                var space = field.Required("replacement").Text();
                _replacements.Add(t => t.Replace(space, " ", StringComparison.Ordinal));
                if (PieceSplitters.Scheme(field) != "never") (_leading, _leadingCount) = (" ", 1);
                break;
            case "Strip":
                if (!_fused) throw type.Wrong("is 'Strip' before a 'Fuse', which is not supported");
                if (field.Optional("stop") is { } stop && !stop.IsZero()) throw stop.Wrong("is not supported; it must be 0");
                (_leading, _leadingCount) = (field.Required("content").Text(), field.Required("start").Id());
                break;
            case var other:
                throw type.Unsupported(other, "Sequence", "ByteLevel", "ByteFallback", "Fuse", "Replace", "Metaspace", "Strip");
        }
    }

    private static byte? Byte(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
}
