using Microsoft.AspNetCore.Http;

namespace LisaOrleans.Api;

/// <summary>A request that cannot be fulfilled; becomes OpenAI's error body.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="message">For people.</param>
/// <param name="code">For programs; null where OpenAI has none.</param>
/// <param name="param">The field that is wrong, if it is a field.</param>
internal sealed class ApiException(int status, string message, string? code = null, string? param = null) : Exception(message)
{
    public int Status => status;

    public string? Code => code;

    public string? Param => param;

    /// <summary>The request is wrong: 400.</summary>
    public static ApiException Invalid(string message, string? param = null, string? code = null) =>
        new(StatusCodes.Status400BadRequest, message, code, param);

    /// <summary>Nothing is wrong with the request, but it cannot be answered now: 503.</summary>
    public static ApiException Unavailable(string message, string code) => new(StatusCodes.Status503ServiceUnavailable, message, code);

    /// <summary>A parameter that has to be given is not.</summary>
    /// <param name="param">The parameter.</param>
    public static ApiException Missing(string param) => Invalid($"Missing required parameter: '{param}'.", param, "missing_required_parameter");

    /// <summary>What the request names is not there: 404.</summary>
    public static ApiException NotFound(string message, string? param = null, string? code = null) =>
        new(StatusCodes.Status404NotFound, message, code, param);
}
