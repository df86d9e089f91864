namespace LisaOrleans.Data.Jinja;

/// <summary>Python's ==, order and membership.</summary>
internal static class Comparison
{
    public static bool AreEqual(RenderState state, JinjaValue left, JinjaValue right)
    {
        state.Spend(1);
        return (left, right) switch
        {
            (TextValue l, TextValue r) => l.Text == r.Text,
            (UndefinedValue, UndefinedValue) => true,
            (ListValue l, ListValue r) => l.IsTuple == r.IsTuple && l.Elements.Count == r.Elements.Count
                && l.Elements.Zip(r.Elements).All(p => AreEqual(state, p.First, p.Second)),
            (DictValue l, DictValue r) => l.Count == r.Count
                && l.Members.All(m => r.Find(m.Key) is { } other && AreEqual(state, m.Value, other)),
            (RangeValue l, RangeValue r) => l.Length == r.Length
                && (l.Length == 0 || (l.Start == r.Start && (l.Length == 1 || l.Step == r.Step))),
            (ViewValue, ViewValue) => throw state.Error("comparing dict views is not supported"),
            _ => ReferenceEquals(left, right) || Numbers.AreEqual(left, right),
        };
    }

    /// <summary>Whether a comparison sign holds.</summary>
    public static bool Holds(RenderState state, string sign, JinjaValue left, JinjaValue right)
    {
        switch (sign)
        {
            case "==": return AreEqual(state, left, right);
            case "!=": return !AreEqual(state, left, right);
            case "in": return Contains(state, right, left);
            case "not in": return !Contains(state, right, left);
        }

        // NaN has no order: it is neither less nor more.
        if (Order(state, left, right, sign) is not { } order) return false;
        return sign switch { "<" => order < 0, "<=" => order <= 0, ">" => order > 0, _ => order >= 0 };
    }

    /// <summary>Negative, zero or positive; null where a NaN is compared.</summary>
    public static int? Order(RenderState state, JinjaValue left, JinjaValue right, string sign = "<")
    {
        state.Spend(1);
        if (left is TextValue l && right is TextValue r) return CodePoints.Compare(l.Text, r.Text);
        if (Numbers.IsNumber(left) && Numbers.IsNumber(right)) return Numbers.Compare(left, right);
        if (left is ListValue a && right is ListValue b && a.IsTuple == b.IsTuple)
        {
            // The first elements that differ decide.
            foreach (var (x, y) in a.Elements.Zip(b.Elements))
                if (!AreEqual(state, x, y)) return Order(state, x, y, sign);
            return a.Elements.Count.CompareTo(b.Elements.Count);
        }

        if (left is UndefinedValue u) throw state.Error(u.Problem);
        if (right is UndefinedValue v) throw state.Error(v.Problem);
        throw state.Error($"'{sign}' cannot compare '{left.TypeName}' and '{right.TypeName}'");
    }

    private static bool Contains(RenderState state, JinjaValue container, JinjaValue item)
    {
        switch (container)
        {
            case TextValue text when item is TextValue part:
                state.SpendSearch(text.Text.Length, part.Text.Length);
                return text.Text.Contains(part.Text, StringComparison.Ordinal);
            case TextValue:
                throw state.Error($"'in' needs a text to look for in a text, not '{item.TypeName}'");
            case DictValue dict when KeyComparer.CanBeKey(item):
                return dict.Find(item) is not null;
            case DictValue when KeyComparer.IsHashable(item):
                return false;
            case DictValue:
                throw state.Error($"'{item.TypeName}' cannot be a key of a dict");
            default:
                return state.Iterate(container).Any(other => ReferenceEquals(other, item) || AreEqual(state, item, other));
        }
    }
}
