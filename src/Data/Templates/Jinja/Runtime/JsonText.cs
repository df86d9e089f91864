using System.Globalization;
using System.Text;

namespace LisaOrleans.Data.Jinja;

/// <summary>Python's json.dumps, as transformers' tojson filter calls it.</summary>
internal sealed class JsonText(RenderState state, bool ensureAscii, string? indent, string itemSeparator, string keySeparator, bool sortKeys)
{
    private readonly StringBuilder _output = new();

    /// <summary>As tojson writes without arguments, outside of a rendering.</summary>
    public static JsonText Plain() => new(new RenderState(new JinjaLimits(), default), ensureAscii: false, null, ", ", ": ", sortKeys: false);

    public string Write(JinjaValue value)
    {
        Append(value, 0);
        return _output.ToString();
    }

    private void Append(JinjaValue value, int depth)
    {
        state.SpendText(indent is null ? 4 : 4 + ((long)depth * indent.Length));
        switch (value)
        {
            case NoneValue: _output.Append("null"); break;
            case BooleanValue b: _output.Append(b.Value ? "true" : "false"); break;
            case IntegerValue i: _output.Append(i.Value.ToString(CultureInfo.InvariantCulture)); break;
            case FloatValue f: _output.Append(Float(f.Value)); break;
            case TextValue t: AppendText(t.Text); break;
            case ListValue l: AppendAll('[', l.Elements, ']', depth, Append); break;
            case DictValue d: AppendAll('{', Members(d), '}', depth, AppendMember); break;
            default: throw state.Error($"tojson cannot write a '{value.TypeName}'");
        }
    }

    private void AppendAll<T>(char open, IReadOnlyList<T> items, char close, int depth, Action<T, int> append)
    {
        _output.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) _output.Append(itemSeparator);
            NewLine(depth + 1);
            append(items[i], depth + 1);
        }

        if (items.Count > 0) NewLine(depth);
        _output.Append(close);
    }

    private void NewLine(int depth)
    {
        if (indent is null) return;
        _output.Append('\n');
        for (var i = 0; i < depth; i++) _output.Append(indent);
    }

    private List<KeyValuePair<JinjaValue, JinjaValue>> Members(DictValue dict)
    {
        if (!sortKeys) return [.. dict.Members];
        return Sorting.Sort(state, [.. dict.Members], m => m.Key, reverse: false);
    }

    private void AppendMember(KeyValuePair<JinjaValue, JinjaValue> member, int depth)
    {
        switch (member.Key)
        {
            case TextValue t: AppendText(t.Text); break;
            case NoneValue: _output.Append("\"null\""); break;
            case BooleanValue b: _output.Append(b.Value ? "\"true\"" : "\"false\""); break;
            case IntegerValue i: _output.Append(CultureInfo.InvariantCulture, $"\"{i.Value}\""); break;
            case FloatValue f: _output.Append('"').Append(Float(f.Value)).Append('"'); break;
        }

        _output.Append(keySeparator);
        Append(member.Value, depth);
    }

    private void AppendText(string text)
    {
        state.SpendText(text.Length);
        _output.Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => _output.Append("\\\""),
                '\\' => _output.Append("\\\\"),
                '\n' => _output.Append("\\n"),
                '\r' => _output.Append("\\r"),
                '\t' => _output.Append("\\t"),
                '\b' => _output.Append("\\b"),
                '\f' => _output.Append("\\f"),
                < ' ' => _output.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                > '~' when ensureAscii => _output.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => _output.Append(c),
            };
        }

        _output.Append('"');
    }

    private static string Float(double value) => double.IsFinite(value) ? FloatText.Repr(value)
        : double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}
