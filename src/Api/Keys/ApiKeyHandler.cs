using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace LisaOrleans.Api;

/// <summary>
/// <c>Authorization: Bearer KEY</c>. A server without keys listens only to this machine, and treats everybody on it as its
/// owner.
/// </summary>
internal sealed class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, ApiServerOptions server)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string Name = "ApiKey";
    private const string Bearer = "Bearer ";
    private const string LocalUser = "local";
    private const int LongestKey = 512;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (server.Keys is not { } keys) return Task.FromResult(Success(LocalUser, ApiScopes.Write));
        var header = Request.Headers.Authorization.ToString();
        if (header.Length == 0) return Task.FromResult(AuthenticateResult.NoResult());
        return Task.FromResult(
            header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
                && header.Length <= LongestKey && keys.Find(header[Bearer.Length..].Trim()) is { } key
                ? Success(key.Name, key.Scope)
                : AuthenticateResult.Fail("no such key"));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = Bearer.Trim();
        return Request.Headers.ContainsKey(HeaderNames.Authorization)
            ? ApiError.WriteAsync(Context, StatusCodes.Status401Unauthorized, "Incorrect API key provided.", "invalid_api_key")
            : ApiError.WriteAsync(
                Context, StatusCodes.Status401Unauthorized,
                "You didn't provide an API key. Provide it in an Authorization header with Bearer auth (Authorization: Bearer YOUR_KEY).", null);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => ApiError.WriteAsync(
        Context, StatusCodes.Status403Forbidden,
        $"This API key may only read; {Request.Method} {Request.Path} needs one with scope {ApiScopes.Write}.",
        "insufficient_permissions");

    private static AuthenticateResult Success(string user, string scope)
    {
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, user), new Claim(Claims.Scope, scope)], Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Name));
    }

    internal static class Claims
    {
        public const string Scope = "scope";
    }
}
