using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;

namespace LisaOrleans.Silo;

/// <summary>Reads JSON bodies strictly: what is wrong is told with the name of the field.</summary>
internal static class ApiBody
{
    /// <summary>The body's bytes; the server's limit on its size holds.</summary>
    public static async Task<byte[]> ReadBytesAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        return buffer.ToArray();
    }

    /// <summary>The object that a body holds.</summary>
    /// <exception cref="ApiException">It is none, or not of this type.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> body)
        where T : class
    {
        if (body.IsEmpty) throw ApiException.Invalid("The request's body is empty; a JSON object is needed.");
        if (!Utf8.IsValid(body)) throw ApiException.Invalid("We could not parse the JSON body of your request: it is not UTF-8 text.");
        try
        {
            return JsonSerializer.Deserialize<T>(body, ApiJson.Options) ?? throw ApiException.Invalid("The request's body must be a JSON object.");
        }
        catch (JsonException e)
        {
            throw Explain(e);
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair: valid JSON, but no text.
            throw ApiException.Invalid("We could not parse the JSON body of your request: it escapes half a character.");
        }
    }

    private static ApiException Explain(JsonException e)
    {
        // A path such as $.method.lisa; none or $ where the text is no JSON at all.
        var param = e.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : null;
        var reason = e.InnerException is JsonException or FormatException or InvalidOperationException ? e.InnerException.Message : e.Message;
        var at = reason.IndexOf(" Path: ", StringComparison.Ordinal);
        if (at > 0) reason = reason[..at];
        return param is null
            ? ApiException.Invalid($"We could not parse the JSON body of your request: {reason}")
            : ApiException.Invalid($"Invalid value for '{param}': {reason}", param, "invalid_value");
    }
}
