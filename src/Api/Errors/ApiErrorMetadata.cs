using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace LisaOrleans.Api;

internal static class ApiErrorMetadata
{
    /// <summary>Says in the OpenAPI document which errors an endpoint has, besides those that all have.</summary>
    public static RouteHandlerBuilder ProducesApiErrors(this RouteHandlerBuilder endpoint, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in (ReadOnlySpan<int>)[
            StatusCodes.Status400BadRequest, StatusCodes.Status401Unauthorized,
            StatusCodes.Status403Forbidden, StatusCodes.Status429TooManyRequests, .. statuses])
        {
            endpoint.Produces<ApiErrorBody>(status);
        }

        return endpoint;
    }
}
