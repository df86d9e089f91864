using LisaOrleans.Api;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LisaOrleans.Dashboard;

/// <summary>The manifests of a run, for the dashboard: which there are, of what they are made, and runs that go on from one.</summary>
internal static class DashboardHistory
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/runs/{run}/history", History).DisableRateLimiting();
        api.MapGet("/runs/{run}/history/{step:long}", Parts).DisableRateLimiting();

        // Reads whole models, so it counts as any other request.
        api.MapGet("/runs/{run}/history/{step:long}/difference", Difference);
        api.MapPost("/runs/{run}/history/{step:long}/fork", Fork);
    }

    private static async Task<IResult> History(string run, DashboardRuns runs, IBlobStore store, CancellationToken cancellationToken)
    {
        await DashboardEndpoints.Require(run, runs, cancellationToken);
        return Results.Json(await KeptHistory.ReadAsync(store, run, cancellationToken), DashboardEndpoints.Json);
    }

    // A part is its blobs: two manifests have the same part where the names are the same.
    private static async Task<IResult> Parts(string run, long step, DashboardRuns runs, IBlobStore store, CancellationToken cancellationToken)
    {
        var manifest = await ReadAsync(run, step, "step", runs, store, cancellationToken);
        return Results.Json(
            manifest.Parts.ToDictionary(p => p.Key, p => Names(p.Value.Weights, p.Value.Optimizer, p.Value.Adapter, p.Value.Parked)),
            DashboardEndpoints.Json);

        static string Names(params BlobRef?[] blobs) => string.Join(' ', blobs.Select(b => b?.Sha256 ?? "-"));
    }

    private static async Task<IResult> Difference(
        string run, long step, HttpRequest request, DashboardRuns runs, IBlobStore store, CancellationToken cancellationToken)
    {
        ApiQuery.Allow(request, "to");
        var to = ApiQuery.Integer(request, "to", 0) ?? throw ApiException.Missing("to");
        var had = await ReadAsync(run, step, "step", runs, store, cancellationToken);
        var now = await ReadAsync(run, to, "to", runs, store, cancellationToken);
        var difference = await Task.Run(() => ManifestComparison.MakeAsync(store, had, now, cancellationToken), cancellationToken);
        return Results.Json(difference, DashboardEndpoints.Json);
    }

    private static async Task<Manifest> ReadAsync(
        string run, long step, string param, DashboardRuns runs, IBlobStore store, CancellationToken cancellationToken)
    {
        await DashboardEndpoints.Require(run, runs, cancellationToken);
        return await RunManifests.FindAsync(store, run, cancellationToken) is { } manifests
            && manifests.Find(ManifestAddress.At(run, step)) is { } blob
                ? await manifests.ReadAsync(blob, cancellationToken)
                : throw ApiException.NotFound($"run '{run}' keeps no manifest of step {step}", param);
    }

    private static async Task<IResult> Fork(
        string run, long step, HttpRequest request, DashboardRuns runs, IGrainFactory grains, CancellationToken cancellationToken)
    {
        ApiQuery.Allow(request, "name");
        var name = ApiQuery.One(request, "name") ?? throw ApiException.Missing("name");
        await DashboardEndpoints.Require(run, runs, cancellationToken);
        try
        {
            RunName.Validate(name);
            var fork = await grains.GetGrain<IRunImportGrain>(name)
                .Fork(ManifestAddress.At(run, step).ToString(), new Dictionary<string, string>(), cancellationToken);
            runs.Expire(name);
            return Results.Json(fork, DashboardEndpoints.Json);
        }
        catch (Exception e) when (e is ArgumentException or LisaException)
        {
            throw ApiException.Invalid(e.Message, e is InvalidTrainingInputException ? "step" : "name");
        }
    }
}
