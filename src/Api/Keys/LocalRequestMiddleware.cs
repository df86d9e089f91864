using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace LisaOrleans.Api;

/// <summary>
/// A server without keys trusts this machine, but not the web pages that a browser on it shows: their sites may have a name
/// that resolves to loopback, or they may send forms there. Such requests are refused.
/// </summary>
internal sealed class LocalRequestMiddleware(RequestDelegate next, ApiServerOptions server)
{
    private const string LocalName = "localhost";

    public Task InvokeAsync(HttpContext context)
    {
        if (server.Keys is not null || context.Request.Path.StartsWithSegments("/health")) return next(context);
        var host = context.Request.Host;
        if (!IsLocal(host.Host))
        {
            return ApiError.WriteAsync(
                context, StatusCodes.Status403Forbidden,
                "Without API keys this server answers only to the name localhost or a loopback address.", null);
        }

        var origin = context.Request.Headers[HeaderNames.Origin].ToString();
        return origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var page) && IsLocal(page.Host))
            ? next(context)
            : ApiError.WriteAsync(
                context, StatusCodes.Status403Forbidden, "Without API keys this server does not answer to other sites' pages.", null);
    }

    private static bool IsLocal(string host) =>
        host.Equals(LocalName, StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
