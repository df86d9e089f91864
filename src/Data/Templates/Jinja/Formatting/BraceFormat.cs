using System.Globalization;
using System.Text;

namespace LisaOrleans.Data.Jinja;

/// <summary>Python's <c>text.format(…)</c>: fields by place or name, with attributes, elements, !r, !s and a format.</summary>
internal sealed class BraceFormat(RenderState state, Arguments arguments)
{
    private const int DeepestFormat = 2;
    private int _automatic;

    public static JinjaValue Apply(RenderState state, TextValue format, Arguments arguments) =>
        state.Text(new BraceFormat(state, arguments).Run(format.Text, DeepestFormat));

    private string Run(string format, int depth)
    {
        if (depth == 0) throw state.Error("a format nests fields too deep");
        var output = new StringBuilder();
        for (var at = 0; at < format.Length; at++)
        {
            var c = format[at];
            if (c is '{' or '}' && at + 1 < format.Length && format[at + 1] == c) at++;
            else if (c == '}') throw state.Error("a format has a '}' that closes nothing");
            else if (c == '{')
            {
                var end = End(format, at);
                output.Append(Field(format[(at + 1)..end], depth));
                state.CheckLength(output.Length);
                at = end;
                continue;
            }

            output.Append(c);
        }

        return output.ToString();
    }

    private int End(string format, int start)
    {
        var depth = 0;
        for (var at = start; at < format.Length; at++)
        {
            depth += format[at] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0) return at;
        }

        throw state.Error("a format has a '{' without an end");
    }

    private string Field(string field, int depth)
    {
        var cut = field.AsSpan().IndexOfAny('!', ':');
        var name = cut < 0 ? field : field[..cut];
        var rest = cut < 0 ? "" : field[cut..];
        var value = Value(name);
        if (rest.StartsWith('!'))
        {
            if (rest.Length < 2 || rest[1] is not ('r' or 's') || (rest.Length > 2 && rest[2] != ':'))
                throw state.Error("a format's conversion must be !r or !s");
            value = new TextValue(rest[1] == 'r' ? Printer.Repr(state, value) : Printer.Str(state, value));
            rest = rest[2..];
        }

        var specification = rest.Length > 0 ? Run(rest[1..], depth - 1) : "";
        return FormatSpecification.Apply(state, value, specification);
    }

    private JinjaValue Value(string name)
    {
        var end = name.AsSpan().IndexOfAny('.', '[');
        var first = end < 0 ? name : name[..end];
        var value = First(first);
        for (var at = end < 0 ? name.Length : end; at < name.Length;)
        {
            if (name[at] == '.')
            {
                var next = name.AsSpan(at + 1).IndexOfAny('.', '[');
                next = next < 0 ? name.Length : at + 1 + next;
                value = Access.Attribute(state, value, name[(at + 1)..next]);
                at = next;
                continue;
            }

            var close = name.IndexOf(']', at);
            if (close < 0) throw state.Error("a format has a '[' without an end");
            var key = name[(at + 1)..close];
            value = Access.Item(state, value, IsPlace(key, out var place) ? JinjaValue.Of(place) : new TextValue(key));
            at = close + 1;
        }

        return value;
    }

    private JinjaValue First(string name)
    {
        if (name.Length == 0) return Place(_automatic++);
        if (IsPlace(name, out var place)) return Place(place);
        foreach (var (key, value) in arguments.Named)
            if (key == name) return value;
        throw state.Error($"format is given no '{name}'");
    }

    private JinjaValue Place(int place) => place < arguments.Positional.Count
        ? arguments.Positional[place]
        : throw state.Error($"format is given no value at place {place}");

    private static bool IsPlace(string text, out int place) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out place);
}
