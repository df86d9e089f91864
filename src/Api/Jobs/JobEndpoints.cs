using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LisaOrleans.Api;

/// <summary><c>/v1/fine_tuning/jobs</c>.</summary>
internal static class JobEndpoints
{
    private const int DefaultPage = 20;
    private const int LargestPage = 1000;
    private const string Metadata = "metadata[";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("/fine_tuning/jobs").WithTags("Fine-tuning");
        jobs.MapPost("", CreateAsync).Accepts<CreateJobRequest>("application/json").WithSummary("Fine-tune a model.")
            .Produces<JobObject>().ProducesApiErrors(
                StatusCodes.Status404NotFound, StatusCodes.Status413PayloadTooLarge, StatusCodes.Status415UnsupportedMediaType,
                StatusCodes.Status422UnprocessableEntity);
        jobs.MapGet("", ListAsync).WithSummary(
            "List jobs, newest first. Query: after, limit, metadata[KEY].").Produces<ApiList<JobObject>>().ProducesApiErrors();
        jobs.MapGet("/{id}", async (string id, HttpContext context, JobCatalog catalog, JobReader reader) =>
                Results.Json(await reader.DescribeAsync(await catalog.GetAsync(id, context.RequestAborted), context.RequestAborted), ApiJson.Options))
            .WithSummary("A job.").Produces<JobObject>().ProducesApiErrors(StatusCodes.Status404NotFound);
        MapAction("cancel", "Stop a job for good.", (control, id, token) => control.CancelAsync(id, token));
        MapAction("pause", "Stop a job until it is resumed.", (control, id, token) => control.PauseAsync(id, token));
        MapAction("resume", "Go on with a job that was paused or failed.", (control, id, token) => control.ResumeAsync(id, token));
        jobs.MapGet("/{id}/events", EventsAsync)
            .WithSummary(
                "A job's events, newest first. Query: after, limit, order; stream=true for server-sent events, oldest first, to the job's end.")
            .Produces<ApiList<JobEvent>>().Produces<JobEvent>(contentType: ServerSentEvents.ContentType)
                .ProducesApiErrors(StatusCodes.Status404NotFound);
        jobs.MapGet("/{id}/checkpoints", CheckpointsAsync).WithSummary("A job's checkpoints, newest first. Query: after, limit.")
            .Produces<ApiList<CheckpointObject>>().ProducesApiErrors(StatusCodes.Status404NotFound);

        void MapAction(string name, string summary, Func<JobControl, string, CancellationToken, Task<JobObject>> action) => jobs
            .MapPost("/{id}/" + name, (string id, HttpContext context, JobControl control, Idempotency idempotency) => idempotency.RunAsync(
                context, Idempotency.Fingerprint(name), ApiIds.JobPrefix, _ => action(control, id, context.RequestAborted)))
            .WithSummary(summary).Produces<JobObject>().ProducesApiErrors(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, JobFactory factory, JobReader reader, JobImporter importer, Idempotency idempotency)
    {
        var body = await ApiBody.ReadBytesAsync(context, ApiBody.Largest, context.RequestAborted);
        var request = ApiBody.Parse<CreateJobRequest>(body);
        return await idempotency.RunAsync(context, Idempotency.Fingerprint(Convert.ToHexString(SHA256.HashData(body))), ApiIds.JobPrefix, async id =>
        {
            var job = await factory.CreateAsync(id, request, context.RequestAborted);
            importer.Enqueue(job.Id);
            return await reader.DescribeAsync(job, context.RequestAborted);
        });
    }

    private static async Task<IResult> ListAsync(HttpContext context, JobCatalog catalog, JobReader reader)
    {
        var page = ApiPage.From(context.Request, DefaultPage, LargestPage);
        var metadata = context.Request.Query
            .Where(q => q.Key.StartsWith(Metadata, StringComparison.Ordinal) && q.Key.EndsWith(']'))
            .Select(q => (Key: q.Key[Metadata.Length..^1], Value: q.Value.ToString())).ToArray();
        var all = (await catalog.ListAsync(context.RequestAborted)).Where(j => metadata.All(m => j.Metadata?.GetValueOrDefault(m.Key) == m.Value));
        var chosen = page.Of([.. page.Ascending ? all.Reverse() : all], j => j.Id);
        var data = await Task.WhenAll(chosen.Data.Select(j => reader.DescribeAsync(j, context.RequestAborted)));
        return Results.Json(
            new ApiList<JobObject> { Data = data, FirstId = chosen.FirstId, LastId = chosen.LastId, HasMore = chosen.HasMore }, ApiJson.Options);
    }

    private static async Task EventsAsync(
        string id, HttpContext context, JobCatalog catalog, JobReader reader, JobEvents events, JobEventStream stream)
    {
        var job = await catalog.GetAsync(id, context.RequestAborted);
        var streamed = ApiPage.One(context.Request, "stream") switch
        {
            null => context.Request.Headers.Accept.ToString().Contains(ServerSentEvents.ContentType, StringComparison.OrdinalIgnoreCase),
            "true" => true,
            "false" => false,
            _ => throw ApiException.Invalid("Invalid value for 'stream': must be true or false.", "stream", "invalid_value"),
        };
        if (streamed)
        {
            var from = context.Request.Headers["Last-Event-ID"].ToString();
            await stream.WriteAsync(context, job, from.Length == 0 ? JobStreamPosition.Start : JobStreamPosition.Parse(from));
            return;
        }

        var page = ApiPage.From(context.Request, DefaultPage, LargestPage);
        (job, var run) = await reader.ReadAsync(job, context.RequestAborted);
        await context.Response.WriteAsJsonAsync(
            await events.ListAsync(job, run, page, context.RequestAborted), ApiJson.Options, context.RequestAborted);
    }

    private static async Task<IResult> CheckpointsAsync(
        string id, HttpContext context, JobCatalog catalog, JobReader reader, JobCheckpoints checkpoints)
    {
        var page = ApiPage.From(context.Request, 10, LargestPage);
        var (job, run) = await reader.ReadAsync(await catalog.GetAsync(id, context.RequestAborted), context.RequestAborted);
        return Results.Json(await checkpoints.ListAsync(job, run, page, context.RequestAborted), ApiJson.Options);
    }
}
