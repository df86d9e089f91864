using System.Globalization;
using System.Text;

namespace LisaOrleans.Data.Jinja;

/// <summary>Python's str() and repr().</summary>
internal static class Printer
{
    public static string Str(RenderState state, JinjaValue value) => value switch
    {
        TextValue t => t.Text,
        UndefinedValue => "",
        _ => Repr(state, value),
    };

    public static string Repr(RenderState state, JinjaValue value)
    {
        var output = new StringBuilder();
        Append(state, output, value);
        return output.ToString();
    }

    private static void Append(RenderState state, StringBuilder output, JinjaValue value)
    {
        state.Spend(1);
        switch (value)
        {
            case NoneValue: output.Append("None"); break;
            case BooleanValue b: output.Append(b.Value ? "True" : "False"); break;
            case IntegerValue i: output.Append(i.Value.ToString(CultureInfo.InvariantCulture)); break;
            case FloatValue f: output.Append(FloatText.Repr(f.Value)); break;
            case UndefinedValue: output.Append("Undefined"); break;
            case RangeValue r:
                output.Append(CultureInfo.InvariantCulture, $"range({r.Start}, {r.Stop}{(r.Step == 1 ? "" : $", {r.Step}")})");
                break;
            case TextValue t:
                state.SpendText(t.Text.Length);
                if (t.IsMarkup) output.Append("Markup(");
                PythonText.AppendRepr(output, t.Text);
                if (t.IsMarkup) output.Append(')');
                break;
            case ListValue { IsTuple: true, Elements: [var only] }:
                output.Append('(');
                Append(state, output, only);
                output.Append(",)");
                break;
            case ListValue l: AppendAll(state, output, l.IsTuple ? "(" : "[", l.Elements, l.IsTuple ? ")" : "]"); break;
            case ViewValue v: AppendAll(state, output, $"{v.TypeName}([", v.Elements, "])"); break;
            case DictValue d: AppendDict(state, output, d); break;
            default: throw state.Error($"a '{value.TypeName}' cannot be printed: Python would write its address in memory");
        }
    }

    private static void AppendAll(RenderState state, StringBuilder output, string open, IReadOnlyList<JinjaValue> items, string close)
    {
        output.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) output.Append(", ");
            Append(state, output, items[i]);
        }

        output.Append(close);
    }

    private static void AppendDict(RenderState state, StringBuilder output, DictValue dict)
    {
        output.Append('{');
        var separator = "";
        foreach (var (key, member) in dict.Members)
        {
            output.Append(separator);
            Append(state, output, key);
            output.Append(": ");
            Append(state, output, member);
            separator = ", ";
        }

        output.Append('}');
    }
}
