using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;

namespace LisaOrleans.Api;

/// <summary>Reads JSON bodies strictly: an error names the field.</summary>
internal static class ApiBody
{
    /// <summary>The most bytes of a body that is not a file or a conversation.</summary>
    public const int Largest = 1 << 20;

    private const string InvalidJson = "invalid_json";

    /// <summary>The error for a body of another type.</summary>
    public static ApiException WrongType() =>
        new(StatusCodes.Status415UnsupportedMediaType, "The Content-Type must be application/json.", "unsupported_content_type");

    /// <summary>The bytes of a JSON body.</summary>
    /// <param name="context">The request.</param>
    /// <param name="most">The most bytes.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ApiException">The body is larger, or its type is another.</exception>
    public static async Task<byte[]> ReadBytesAsync(HttpContext context, long most, CancellationToken cancellationToken)
    {
        // This also keeps other sites' pages from calling a server on this machine: a browser asks for permission before it sends this type.
        if (!context.Request.HasJsonContentType()) throw WrongType();
        RequestBodies.Unlimit(context);
        using var body = new MemoryStream();
        var buffer = new byte[1 << 14];
        while (await context.Request.Body.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            if (body.Length + count > most)
                throw new ApiException(
                    StatusCodes.Status413PayloadTooLarge,
                    $"The request's body is too large: at most {most} bytes are allowed.", "request_too_large");
            body.Write(buffer, 0, count);
        }

        return body.ToArray();
    }

    /// <summary>The JSON that a body holds, with all its texts checked.</summary>
    /// <param name="body">The body.</param>
    /// <param name="deepest">How many objects and arrays may be nested in each other.</param>
    /// <exception cref="ApiException">It is not JSON.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> body, int deepest)
    {
        if (body.IsEmpty) throw ApiException.Invalid("The request's body is empty; a JSON object is needed.", code: InvalidJson);
        if (!Utf8.IsValid(body.Span))
            throw ApiException.Invalid("We could not parse the JSON body of your request: it is not UTF-8 text.", code: InvalidJson);
        try
        {
            var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = deepest });
            Check(document.RootElement, "");
            return document;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escaped half of a surrogate pair.
            var place = JsonFault.Place(e) is { } at ? $" ({at})" : "";
            throw ApiException.Invalid($"We could not parse the JSON body of your request: {JsonFault.Reason(e)}{place}.", code: InvalidJson);
        }
    }

    /// <summary>The object that a body holds.</summary>
    /// <exception cref="ApiException">The body is not an object, or not of this type.</exception>
    public static T Parse<T>(ReadOnlyMemory<byte> body)
        where T : class
    {
        using var document = Parse(body, ApiJson.Options.MaxDepth);
        return Convert<T>(document.RootElement, "");
    }

    /// <summary>A value of a body as a type.</summary>
    /// <param name="value">The value; its texts are valid.</param>
    /// <param name="path">Its path in the body; empty for the whole body.</param>
    /// <exception cref="ApiException">It is of another type.</exception>
    public static T Convert<T>(JsonElement value, string path)
        where T : class
    {
        BodyShape.Check(value, typeof(T), path);
        try
        {
            return value.Deserialize<T>(ApiJson.Options)!;
        }
        catch (JsonException e)
        {
            // By one of our converters, whose messages are for the caller; the path is such as $.method.supervised.
            var field = string.Join('.', ((string[])[path, (e.Path ?? "$").TrimStart('$').TrimStart('.')]).Where(p => p.Length > 0));
            throw ApiException.Invalid($"Invalid value for '{field}': {e.Message}.", field, "invalid_value");
        }
    }

    // The parser reads no texts, and does not say where a name stands twice.
    private static void Check(JsonElement value, string path)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                value.GetString();
                break;

            case JsonValueKind.Array:
                foreach (var (i, item) in value.EnumerateArray().Index())
                    if (item.ValueKind is JsonValueKind.String or JsonValueKind.Array or JsonValueKind.Object) Check(item, $"{path}[{i}]");
                break;

            case JsonValueKind.Object:
                var names = new HashSet<string>();
                foreach (var field in value.EnumerateObject())
                {
                    var inner = path.Length == 0 ? field.Name : $"{path}.{field.Name}";
                    if (!names.Add(field.Name)) throw RequestFields.Wrong(ApiText.Shorten(inner), "it is given twice.");
                    Check(field.Value, inner);
                }

                break;
        }
    }
}
