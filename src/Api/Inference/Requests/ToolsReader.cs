using System.Text.Json;
using System.Text.RegularExpressions;

namespace LisaOrleans.Api;

/// <summary>Reads <c>tools</c> and what a request says about them: functions that the model may call or not.</summary>
internal static partial class ToolsReader
{
    private const int MaxTools = 128;

    private static readonly HashSet<string> s_none = [];

    /// <summary>The tools that the answer may call; null for none.</summary>
    /// <exception cref="ApiException">They are wrong, or ask for something that is not supported here.</exception>
    public static JsonElement? Read(RequestFields fields)
    {
        var choice = fields.Find("tool_choice");
        var parallel = fields.Find("parallel_tool_calls") is null || fields.Flag("parallel_tool_calls");
        if (fields.Find("tools") is not { } tools)
        {
            return choice is null
                ? null
                : throw RequestFields.Wrong("tool_choice", "it is only allowed when 'tools' are specified.");
        }

        if (tools.ValueKind != JsonValueKind.Array) throw RequestFields.WrongType("tools", "an array of objects", tools);
        if (tools.GetArrayLength() == 0) throw ApiException.Invalid("Invalid 'tools': it is empty.", "tools", "empty_array");
        if (tools.GetArrayLength() > MaxTools)
        {
            throw ApiException.Invalid(
                $"Invalid 'tools': at most {MaxTools} tools, but got {tools.GetArrayLength()}.", "tools", "array_above_max_length");
        }

        var names = tools.EnumerateArray().Select((t, i) => Name(t, $"tools[{i}]")).ToArray();
        if (names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw RequestFields.Wrong("tools", $"there are several functions '{twice.Key}'.");
        if (!parallel)
            throw RequestFields.Unsupported(
                "parallel_tool_calls", "is not supported by this server with this value: an answer may make several calls.");
        return IsNone(choice) ? null : tools.Clone();
    }

    /// <summary>The names of the functions among tools that were read.</summary>
    public static IReadOnlySet<string> Names(JsonElement tools) =>
        tools.EnumerateArray().Select(t => t.GetProperty("function").GetProperty("name").GetString()!).ToHashSet();

    private static string Name(JsonElement tool, string path)
    {
        var fields = new RequestFields(tool, path);
        if (fields.Text("type") is not "function" and var type)
            throw RequestFields.Unsupported(fields.Path("type"), $"'{ApiText.Shorten(type)}' is not supported by this server; only function is.");
        var function = new RequestFields(fields.Require("function"), fields.Path("function"));
        var name = function.Text("name");
        if (!FunctionName().IsMatch(name))
            throw RequestFields.Wrong(function.Path("name"), "it must be letters, digits, '_' and '-', at most 64.");
        if (function.Find("description") is { } description) RequestFields.Text(description, function.Path("description"));
        if (function.Find("parameters") is { ValueKind: not JsonValueKind.Object } parameters)
            throw RequestFields.WrongType(function.Path("parameters"), "an object", parameters);

        // Not supported: nothing holds the model to the schema.
        function.RejectUnless("strict", v => v.ValueKind == JsonValueKind.False);
        function.RejectOthers(s_none);
        fields.RejectOthers(s_none);
        return name;
    }

    private static bool IsNone(JsonElement? choice)
    {
        if (choice is not { } value) return false;
        if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Object))
            throw RequestFields.WrongType("tool_choice", "a string or an object", value);
        return value.ValueKind == JsonValueKind.String && value.GetString() is "none" or "auto"
            ? value.ValueEquals("none")
            : throw RequestFields.Unsupported(
                "tool_choice", "is not supported by this server with this value; only none and auto are: nothing can make the model call a tool.");
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}\\z")]
    private static partial Regex FunctionName();
}
