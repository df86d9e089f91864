using LisaOrleans.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace LisaOrleans.Api;

/// <summary><c>/health/live</c> and <c>/health/ready</c>: for probes, which have no key.</summary>
internal static class LisaHealth
{
    public static void MapLisaHealth(this IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/health").AllowAnonymous().ExcludeFromDescription();
        health.MapGet("/live", () => Results.Text("live"));
        health.MapGet("/ready", (IServiceProvider services, ISiloStatusOracle oracle) =>
        {
            // A silo within another program does not drain.
            if (services.GetService<SiloDrain>() is { Begun: true })
                return Results.Text("leaving", statusCode: StatusCodes.Status503ServiceUnavailable);
            return oracle.CurrentStatus == SiloStatus.Active
                ? Results.Text("ready")
                : Results.Text("starting", statusCode: StatusCodes.Status503ServiceUnavailable);
        });
    }
}
