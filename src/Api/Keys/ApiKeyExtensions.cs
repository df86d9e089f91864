using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;

namespace LisaOrleans.Api;

internal static class ApiKeyExtensions
{
    /// <summary>
    /// Authentication by key, and authorization that is on unless it is turned off for an endpoint: GET needs scope read,
    /// everything else write. <c>RequireAuthorization(ApiScopes.Read)</c> lets keys with scope read POST where that changes
    /// nothing.
    /// </summary>
    public static void AddLisaApiKeys(this IServiceCollection services)
    {
        services.AddHttpContextAccessor();
        services.AddAuthentication(ApiKeyHandler.Name).AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.Name, null);
        services.AddSingleton<IAuthorizationHandler, ApiScopeHandler>();
        var authorization = services.AddAuthorizationBuilder().SetFallbackPolicy(Policy(null)).SetDefaultPolicy(Policy(null));
        foreach (var scope in ApiScopes.All) authorization.AddPolicy(scope, Policy(scope));
    }

    private static AuthorizationPolicy Policy(string? scope) =>
        new AuthorizationPolicyBuilder(ApiKeyHandler.Name).RequireAuthenticatedUser().AddRequirements(new ApiScopeRequirement(scope)).Build();
}
