using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LisaOrleans.Api;

/// <summary>OpenAI's completions.</summary>
public static class CompletionEndpoints
{
    /// <summary>Maps <c>POST /v1/chat/completions</c> and <c>POST /v1/completions</c>.</summary>
    public static IEndpointRouteBuilder MapLisaCompletions(this IEndpointRouteBuilder endpoints)
    {
        // Trying a model out changes nothing, so keys with scope read may do it.
        endpoints.MapPost("/v1/chat/completions", (HttpContext context, CompletionService service) => service.AnswerAsync(context, chat: true))
            .RefuseQueries().RequireAuthorization(ApiScopes.Read).WithTags("completions").WithSummary("Answers in a conversation.");
        endpoints.MapPost("/v1/completions", (HttpContext context, CompletionService service) => service.AnswerAsync(context, chat: false))
            .RefuseQueries().RequireAuthorization(ApiScopes.Read).WithTags("completions").WithSummary("Continues a text.");
        return endpoints;
    }
}
