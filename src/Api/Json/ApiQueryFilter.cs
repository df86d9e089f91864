using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace LisaOrleans.Api;

/// <summary>Keeps parameters out of the queries of endpoints that read none.</summary>
internal static class ApiQueryFilter
{
    /// <summary>Refuses every parameter, but for endpoints that read some themselves.</summary>
    public static TBuilder RefuseQueries<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.AddEndpointFilter(async (context, next) =>
        {
            if (context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<OwnQuery>() is null) ApiQuery.Allow(context.HttpContext.Request);
            return await next(context);
        });

    /// <summary>Says that an endpoint reads its query itself, and by <see cref="ApiQuery.Allow"/> refuses what it does not know.</summary>
    public static TBuilder ReadsQuery<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new OwnQuery());

    private sealed class OwnQuery;
}
