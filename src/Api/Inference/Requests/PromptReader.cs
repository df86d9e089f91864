using System.Text.Json;

namespace LisaOrleans.Api;

/// <summary>Reads <c>prompt</c>: a text, tokens, or an array of either.</summary>
internal static class PromptReader
{
    private const int MaxPrompts = 64;
    private const string Expected = "a string, an array of strings, an array of integers or an array of these";

    public static IReadOnlyList<CompletionPrompt> Read(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.String) return [new CompletionPrompt(value.GetString()!, null)];
        if (value.ValueKind != JsonValueKind.Array) throw RequestFields.WrongType(path, Expected, value);
        if (value.GetArrayLength() == 0) throw ApiException.Invalid($"Invalid '{path}': it is empty.", path, "empty_array");
        if (value[0].ValueKind == JsonValueKind.Number) return [new CompletionPrompt(null, Ids(value, path))];
        if (value.GetArrayLength() > MaxPrompts)
            throw ApiException.Invalid(
                $"Invalid '{path}': at most {MaxPrompts} prompts, but got {value.GetArrayLength()}.", path, "array_above_max_length");
        return [.. value.EnumerateArray().Select((v, i) => v.ValueKind switch
        {
            JsonValueKind.String => new CompletionPrompt(v.GetString()!, null),
            JsonValueKind.Array => new CompletionPrompt(null, Ids(v, $"{path}[{i}]")),
            _ => throw RequestFields.WrongType($"{path}[{i}]", "a string or an array of integers", v),
        })];
    }

    private static int[] Ids(JsonElement value, string path) => [.. value.EnumerateArray().Select((v, i) =>
        v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out var id) ? id : throw RequestFields.WrongType($"{path}[{i}]", "an integer", v))];
}
