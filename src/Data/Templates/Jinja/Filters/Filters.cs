using System.Collections.Frozen;

namespace LisaOrleans.Data.Jinja;

/// <summary>Jinja's filters, and tojson as in transformers. A filter's first argument is the value it is applied to.</summary>
internal static class Filters
{
    private static readonly FrozenDictionary<string, Func<RenderState, Arguments, JinjaValue>> s_filters =
        new Dictionary<string, Func<RenderState, Arguments, JinjaValue>>
        {
            ["abs"] = NumberFilters.Abs,
            ["attr"] = ValueFilters.Attribute,
            ["batch"] = ListFilters.Batch,
            ["capitalize"] = (s, a) => TextFilters.Case(s, a, "capitalize", TextCase.Capitalize),
            ["center"] = TextFilters.Center,
            ["count"] = ValueFilters.Length,
            ["d"] = ValueFilters.Default,
            ["default"] = ValueFilters.Default,
            ["dictsort"] = SortFilters.DictSort,
            ["e"] = TextFilters.Escape,
            ["escape"] = TextFilters.Escape,
            ["first"] = ListFilters.First,
            ["float"] = NumberFilters.Float,
            ["forceescape"] = TextFilters.ForceEscape,
            ["format"] = TextFilters.Format,
            ["groupby"] = SortFilters.GroupBy,
            ["indent"] = TextFilters.Indent,
            ["int"] = NumberFilters.Int,
            ["items"] = ListFilters.Items,
            ["join"] = TextFilters.Join,
            ["last"] = ListFilters.Last,
            ["length"] = ValueFilters.Length,
            ["list"] = ListFilters.List,
            ["lower"] = (s, a) => TextFilters.Case(s, a, "lower", TextCase.Lower),
            ["map"] = SelectFilters.Map,
            ["max"] = (s, a) => SortFilters.Extreme(s, a, "max", 1),
            ["min"] = (s, a) => SortFilters.Extreme(s, a, "min", -1),
            ["reject"] = (s, a) => SelectFilters.Select(s, a, wanted: false, byAttribute: false),
            ["rejectattr"] = (s, a) => SelectFilters.Select(s, a, wanted: false, byAttribute: true),
            ["replace"] = TextFilters.Replace,
            ["reverse"] = ListFilters.Reverse,
            ["round"] = NumberFilters.Round,
            ["safe"] = TextFilters.Safe,
            ["select"] = (s, a) => SelectFilters.Select(s, a, wanted: true, byAttribute: false),
            ["selectattr"] = (s, a) => SelectFilters.Select(s, a, wanted: true, byAttribute: true),
            ["slice"] = ListFilters.Slice,
            ["sort"] = SortFilters.Sort,
            ["string"] = TextFilters.String,
            ["sum"] = NumberFilters.Sum,
            ["title"] = TextFilters.Title,
            ["tojson"] = ValueFilters.ToJson,
            ["trim"] = TextFilters.Trim,
            ["truncate"] = TextFilters.Truncate,
            ["unique"] = ListFilters.Unique,
            ["upper"] = (s, a) => TextFilters.Case(s, a, "upper", TextCase.Upper),
            ["wordcount"] = TextFilters.WordCount,
        }.ToFrozenDictionary();

    public static Func<RenderState, Arguments, JinjaValue>? Find(string name) => s_filters.GetValueOrDefault(name);
}
