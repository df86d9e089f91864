using System.Text;
using System.Text.Json;

namespace LisaOrleans.Api;

/// <summary>Reads calls out of what a model wrote: JSON values, with other text between them.</summary>
internal ref struct ToolCallJson(string text)
{
    private ReadOnlySpan<byte> _rest = Encoding.UTF8.GetBytes(text);

    /// <summary>Whether nothing but white space is left.</summary>
    public readonly bool IsAtEnd => Trimmed.IsEmpty;

    private readonly ReadOnlySpan<byte> Trimmed => _rest.TrimStart(" \t\r\n"u8);

    /// <summary>Takes a text, if it comes next.</summary>
    public bool Take(ReadOnlySpan<byte> expected)
    {
        if (!Trimmed.StartsWith(expected)) return false;
        _rest = Trimmed[expected.Length..];
        return true;
    }

    /// <summary>Takes a name: letters, digits, '_', '-' and '.'; may be empty.</summary>
    public string TakeName()
    {
        var name = Trimmed;
        var length = 0;
        while (length < name.Length
            && (char.IsAsciiLetterOrDigit((char)name[length]) || name[length] is (byte)'_' or (byte)'-' or (byte)'.')) length++;
        _rest = name[length..];
        return Encoding.UTF8.GetString(name[..length]);
    }

    /// <summary>Takes the JSON value that comes next.</summary>
    /// <exception cref="JsonException">There is none.</exception>
    public JsonElement TakeValue()
    {
        var reader = new Utf8JsonReader(_rest);
        var value = JsonElement.ParseValue(ref reader);
        _rest = _rest[(int)reader.BytesConsumed..];
        return value;
    }

    /// <summary>Name and arguments of a call; null if the value is not a call.</summary>
    /// <param name="call">An object with <c>name</c>, and with its arguments under one of the given names.</param>
    /// <param name="names">What the arguments' field may be called. A call without such a field gets an empty object.</param>
    public static (string Name, JsonElement Arguments)? Call(JsonElement call, params ReadOnlySpan<string> names)
    {
        if (call.ValueKind != JsonValueKind.Object || !call.TryGetProperty("name", out var name)
            || name.ValueKind != JsonValueKind.String) return null;
        foreach (var field in names)
        {
            if (!call.TryGetProperty(field, out var arguments)) continue;

            // Some models write them as a text that holds the object, as OpenAI does.
            if (arguments.ValueKind == JsonValueKind.String) arguments = JsonElement.Parse(arguments.GetString()!);
            return arguments.ValueKind == JsonValueKind.Object ? (name.GetString()!, arguments) : null;
        }

        return (name.GetString()!, JsonElement.Parse("{}"u8));
    }
}
