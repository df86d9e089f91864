using Microsoft.AspNetCore.Http;

namespace LisaOrleans.Silo;

/// <summary>A completion that cannot be made, in the terms of OpenAI's error body.</summary>
internal sealed class CompletionException(int status, string message, string? code, string? param = null) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>The kind.</summary>
    public string Type => status switch
    {
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    /// <summary>For programs; null where OpenAI has none.</summary>
    public string? Code => code;

    /// <summary>The field that is wrong, if it is one.</summary>
    public string? Param => param;

    /// <summary>The request is wrong.</summary>
    public static CompletionException Invalid(string message, string? code = null, string? param = null) =>
        new(StatusCodes.Status400BadRequest, message, code, param);

    /// <summary>Nothing is wrong with the request, but not now.</summary>
    public static CompletionException Unavailable(string message, string code) =>
        new(StatusCodes.Status503ServiceUnavailable, message, code);
}
