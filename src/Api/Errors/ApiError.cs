using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace LisaOrleans.Api;

/// <summary>OpenAI's error object.</summary>
/// <param name="Message">For people.</param>
/// <param name="Type">The kind.</param>
/// <param name="Param">The field that is wrong, or null.</param>
/// <param name="Code">For programs, or null.</param>
public sealed record ApiError(
    [property: JsonPropertyName("message")] string Message,
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("param")] string? Param,
    [property: JsonPropertyName("code")] string? Code)
{
    /// <summary>The body of the answer to a request that failed.</summary>
    internal static ApiErrorBody Of(ApiException e) => new(new ApiError(e.Message, TypeOf(e.Status), e.Param, e.Code));

    /// <summary>Writes the answer of a request that failed, as <c>{"error": …}</c>.</summary>
    public static async Task WriteAsync(HttpContext context, int status, string message, string? code, string? param = null)
    {
        await RequestBodies.DrainAsync(context);
        context.Response.StatusCode = status;

        // Those of what was to be sent instead.
        context.Response.ContentLength = null;
        context.Response.Headers.Remove(HeaderNames.ContentDisposition);
        await context.Response.WriteAsJsonAsync(new ApiErrorBody(new ApiError(message, TypeOf(status), param, code)), context.RequestAborted);
    }

    private static string TypeOf(int status) => status switch
    {
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };
}
