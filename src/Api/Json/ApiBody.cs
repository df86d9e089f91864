using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;

namespace LisaOrleans.Api;

/// <summary>Reads JSON bodies strictly: an error names the field.</summary>
internal static class ApiBody
{
    private const int LargestBody = 1 << 20;

    /// <summary>The body's bytes, at most 1 MiB.</summary>
    /// <exception cref="ApiException">The body is larger.</exception>
    public static async Task<byte[]> ReadBytesAsync(HttpContext context)
    {
        RequestBodies.Unlimit(context);
        using var body = new MemoryStream();
        var buffer = new byte[1 << 14];
        while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) is > 0 and var count)
        {
            if (body.Length + count > LargestBody)
                throw new ApiException(
                    StatusCodes.Status413PayloadTooLarge,
                    $"The request's body is too large: at most {LargestBody} bytes are allowed.", "request_too_large");
            body.Write(buffer, 0, count);
        }

        return body.ToArray();
    }

    /// <summary>The object that a body holds.</summary>
    /// <exception cref="ApiException">The body is not an object, or not of this type.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> body)
        where T : class
    {
        if (body.IsEmpty) throw ApiException.Invalid("The request's body is empty; a JSON object is needed.");
        if (!Utf8.IsValid(body)) throw ApiException.Invalid("We could not parse the JSON body of your request: it is not UTF-8 text.");
        CheckSyntax(body);
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
            // An escaped half of a surrogate pair: valid JSON, but not valid text.
            throw ApiException.Invalid("We could not parse the JSON body of your request: it escapes half a character.");
        }
    }

    // Checked apart from the types, so that a syntax error is not taken for a wrong value of the field in which it occurs.
    private static void CheckSyntax(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = ApiJson.Options.MaxDepth });
        try
        {
            while (reader.Read()) reader.TrySkip();
        }
        catch (JsonException e)
        {
            throw ApiException.Invalid($"We could not parse the JSON body of your request: {e.Message}");
        }
    }

    /// <summary>Says what is wrong with JSON that does not have the expected type.</summary>
    /// <param name="e">What the reader says.</param>
    /// <param name="root">The field that was read; null for the whole body.</param>
    public static ApiException Explain(JsonException e, string? root = null)
    {
        // A path such as $.method.lisa; null or $ if the text is not JSON at all.
        var param = e.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : null;
        if (root is not null) param = param is null ? root : $"{root}.{param}";
        var reason = e.InnerException is JsonException or FormatException or InvalidOperationException ? e.InnerException.Message : e.Message;
        var at = reason.IndexOf(" Path: ", StringComparison.Ordinal);
        if (at > 0) reason = reason[..at];
        return param is null
            ? ApiException.Invalid($"We could not parse the JSON body of your request: {reason}")
            : ApiException.Invalid($"Invalid value for '{param}': {reason}", param, "invalid_value");
    }
}
