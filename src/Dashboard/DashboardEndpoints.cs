using System.Text.Json;
using System.Text.Json.Serialization;
using LisaOrleans.Api;
using LisaOrleans.Checkpoints;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Dashboard;

namespace LisaOrleans.Dashboard;

/// <summary>
/// The dashboard at <c>/</c>, its data at <c>/dashboard/api</c>, and Orleans' own dashboard at <c>/orleans</c>.
/// </summary>
internal static class DashboardEndpoints
{
    private const string OrleansPath = "/orleans";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Adds what the dashboard reads from. Every silo of a cluster needs it, for Orleans' own dashboard.</summary>
    public static ISiloBuilder AddLisaDashboard(this ISiloBuilder silo)
    {
        silo.Services.AddSingleton<DashboardCluster>();
        silo.Services.AddSingleton<DashboardRuns>();
        silo.Services.AddSingleton<DashboardSessions>();
        silo.Services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, DashboardSessionHandler>(DashboardSessionHandler.Name, null);
        return silo.AddDashboard();
    }

    /// <summary>Maps the dashboard of a silo that was set up with <see cref="AddLisaDashboard"/>.</summary>
    public static void MapLisaDashboard(this IEndpointRouteBuilder app)
    {
        // The page itself is open to everybody: it asks for a key, and shows nothing without one.
        var files = app.MapGroup("/").AllowAnonymous().DisableRateLimiting().ExcludeFromDescription();
        files.MapGet("/", (HttpResponse response) => DashboardFiles.Get("index.html", response));
        foreach (var file in DashboardFiles.Names) files.MapGet($"/dashboard/{file}", (HttpResponse response) => DashboardFiles.Get(file, response));

        var api = app.MapGroup("/dashboard/api").AddEndpointFilter(NoStore).ExcludeFromDescription();

        // Every page asks once a second, and all pages share one look at the cluster, so no rate limit is needed.
        api.MapGet("/overview", Overview).DisableRateLimiting();
        api.MapGet("/runs/{run}", Run).DisableRateLimiting();
        api.MapPost(
            "/runs/{run}/pause", (string run, DashboardRuns runs, IGrainFactory grains, CancellationToken cancellationToken) =>
                Act(run, runs, grains, r => r.Pause(), cancellationToken));
        api.MapPost(
            "/runs/{run}/resume", (string run, DashboardRuns runs, IGrainFactory grains, CancellationToken cancellationToken) =>
                Act(run, runs, grains, r => r.Start(), cancellationToken));
        api.MapPost(
            "/runs/{run}/cancel", (string run, DashboardRuns runs, IGrainFactory grains, CancellationToken cancellationToken) =>
                Act(run, runs, grains, r => r.Cancel(), cancellationToken));
        DashboardHistory.Map(api);
        api.MapPost("/session", Session).RequireAuthorization(ApiScopes.Read);

        app.MapOrleansDashboard(OrleansPath).DisableRateLimiting().RequireAuthorization(
            new AuthorizationPolicyBuilder(ApiKeyHandler.Name, DashboardSessionHandler.Name)
                .RequireAuthenticatedUser().AddRequirements(new ApiScopeRequirement(null)).Build());
    }

    private static async Task<IResult> Overview(DashboardCluster cluster, DashboardRuns runs, ILocalSiloDetails silo, TimeProvider time)
    {
        await Task.WhenAll(cluster.Fresh(), runs.Fresh());
        return Results.Json(
            new
            {
                Cluster = cluster.Id,
                Silo = silo.SiloAddress.ToParsableString(),
                Time = time.GetUtcNow(),
                cluster.Silos,
                runs.Runs,
                runs.Problem,
            }, Json);
    }

    private static async Task<IResult> Run(
        string run, HttpRequest request, DashboardRuns runs, CancellationToken cancellationToken)
    {
        var question = RunQuestion.From(request);
        await Require(run, runs, cancellationToken);
        var follower = runs.Follow(run);
        await follower.Refresher.Fresh();
        return Results.Json(follower.Answer(question), Json);
    }

    private static async Task<IResult> Act(
        string run, DashboardRuns runs, IGrainFactory grains, Func<IRunGrain, Task> action, CancellationToken cancellationToken)
    {
        await Require(run, runs, cancellationToken);
        var asked = action(grains.GetGrain<IRunGrain>(run));
        try
        {
            await asked.WaitAsync(s_patience, cancellationToken);
            return Results.Json(new { Done = true }, Json);
        }
        catch (RunEndedException e)
        {
            throw ApiException.Invalid(e.Message, "run", "invalid_job_status");
        }
        catch (TimeoutException) when (!asked.IsCompleted)
        {
            // No longer awaited: a run stops at the next step boundary, after a manifest; the page shows it once it has happened.
            _ = asked.ContinueWith(t => t.Exception, TaskScheduler.Default);
            return Results.Json(new { Done = false }, Json, statusCode: StatusCodes.Status202Accepted);
        }
        finally
        {
            runs.Expire(run);
        }
    }

    private static IResult Session(HttpContext context, DashboardSessions sessions)
    {
        var scope = context.User.FindFirst(ApiKeyHandler.Claims.Scope)?.Value ?? ApiScopes.Read;
        context.Response.Cookies.Append(
            DashboardSessions.Cookie, sessions.Begin(context.User.Identity?.Name, scope),
            new CookieOptions
            {
                Path = OrleansPath,
                HttpOnly = true,
                SameSite = SameSiteMode.Strict,
                Secure = context.Request.IsHttps,
                MaxAge = DashboardSessions.Lifetime,
            });
        return Results.NoContent();
    }

    internal static async Task Require(string run, DashboardRuns runs, CancellationToken cancellationToken)
    {
        try
        {
            RunName.Validate(run);
        }
        catch (ArgumentException e)
        {
            throw ApiException.Invalid(e.Message, "run");
        }

        if (!await runs.Exists(run, cancellationToken)) throw ApiException.NotFound($"there is no run '{run}' in the store", "run");
    }

    private static ValueTask<object?> NoStore(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        context.HttpContext.Response.Headers.CacheControl = "no-store";
        return next(context);
    }
}
