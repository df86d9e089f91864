using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace LisaOrleans.Api;

/// <summary>Demands a scope: the one it names, or else the one for the request's method, because GET changes nothing.</summary>
/// <param name="Scope">One of <see cref="ApiScopes.All"/>; null for what the method needs.</param>
internal sealed record ApiScopeRequirement(string? Scope) : IAuthorizationRequirement;

/// <summary>Decides by the scope of the caller's key. Whoever may write may also read.</summary>
internal sealed class ApiScopeHandler(IHttpContextAccessor requests) : AuthorizationHandler<ApiScopeRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, ApiScopeRequirement requirement)
    {
        var method = requests.HttpContext?.Request.Method ?? HttpMethods.Post;
        var needed = requirement.Scope ?? (HttpMethods.IsGet(method) || HttpMethods.IsHead(method) ? ApiScopes.Read : ApiScopes.Write);
        var has = context.User.FindFirst(ApiKeyHandler.Claims.Scope)?.Value;
        if (has == ApiScopes.Write || (has is not null && has == needed)) context.Succeed(requirement);
        return Task.CompletedTask;
    }
}
