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
    private const string Metadata = "metadata";
    private const string MetadataKey = Metadata + "[";
    private const string Stream = "stream";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("/fine_tuning/jobs").WithTags("Fine-tuning");
        jobs.MapPost("", CreateAsync).Accepts<CreateJobRequest>("application/json").WithSummary("Fine-tune a model.")
            .Produces<JobObject>().ProducesApiErrors(
                StatusCodes.Status404NotFound, StatusCodes.Status413PayloadTooLarge, StatusCodes.Status415UnsupportedMediaType,
                StatusCodes.Status422UnprocessableEntity);
        jobs.MapGet("", ListAsync).ReadsQuery().WithSummary(
            "List jobs, newest first. Query: after, limit, order, metadata[KEY]; metadata=null for jobs without any.").Produces<ApiList<JobObject>>().ProducesApiErrors();
        jobs.MapGet("/{id}", async (string id, HttpContext context, JobCatalog catalog, JobReader reader) =>
                Results.Json(await reader.DescribeAsync(await catalog.GetAsync(id, context.RequestAborted), context.RequestAborted), ApiJson.Options))
            .WithSummary("A job.").Produces<JobObject>().ProducesApiErrors(StatusCodes.Status404NotFound);
        MapAction("cancel", "Stop a job for good.", (control, id, again, token) => control.CancelAsync(id, again, token));
        MapAction("pause", "Stop a job until it is resumed.", (control, id, again, token) => control.PauseAsync(id, again, token));
        MapAction("resume", "Go on with a job that was paused or failed.", (control, id, again, token) => control.ResumeAsync(id, again, token));
        jobs.MapGet("/{id}/events", EventsAsync).ReadsQuery()
            .WithSummary(
                "A job's events, newest first. Query: after, limit, order; stream=true for server-sent events, oldest first, to the job's end.")
            .Produces<ApiList<JobEvent>>().Produces<JobEvent>(contentType: ServerSentEvents.ContentType)
                .ProducesApiErrors(StatusCodes.Status404NotFound);
        jobs.MapGet("/{id}/checkpoints", CheckpointsAsync).ReadsQuery().WithSummary("A job's checkpoints, newest first. Query: after, limit, order.")
            .Produces<ApiList<CheckpointObject>>().ProducesApiErrors(StatusCodes.Status404NotFound);

        void MapAction(string name, string summary, Func<JobControl, string, bool, CancellationToken, Task<JobObject>> action) => jobs
            .MapPost("/{id}/" + name, (string id, HttpContext context, JobControl control, Idempotency idempotency) => idempotency.RunAsync(
                context, Idempotency.Fingerprint(name), ApiIds.JobPrefix, (attempt, token) => action(control, id, attempt.IsAgain, token)))
            .WithSummary(summary).Produces<JobObject>().ProducesApiErrors(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, JobFactory factory, JobReader reader, JobImporter importer, Idempotency idempotency)
    {
        var body = await ApiBody.ReadBytesAsync(context, ApiBody.Largest, context.RequestAborted);
        var request = ApiBody.Parse<CreateJobRequest>(body);
        var fingerprint = Idempotency.Fingerprint(Convert.ToHexString(SHA256.HashData(body)));
        return await idempotency.RunAsync(context, fingerprint, ApiIds.JobPrefix, async (attempt, token) =>
        {
            var job = await factory.CreateAsync(attempt.Id, request, token);
            importer.Enqueue(job.Id);
            return await reader.DescribeAsync(job, token);
        });
    }

    private static async Task<IResult> ListAsync(HttpContext context, JobCatalog catalog, JobReader reader)
    {
        var page = ApiPage.From(context.Request, DefaultPage, LargestPage, Metadata, MetadataKey + "]");
        ApiQuery.Word(context.Request, Metadata, "null");

        // OpenAI's package for Node leaves null empty.
        var none = context.Request.Query.ContainsKey(Metadata);
        var metadata = context.Request.Query.Keys.Where(name => name.StartsWith(MetadataKey, StringComparison.OrdinalIgnoreCase))
            .Select(name => (Key: name[MetadataKey.Length..^1], Value: ApiQuery.One(context.Request, name) ?? "")).ToArray();
        if (none && metadata is [(var key, _), ..])
        {
            throw ApiException.Invalid(
                $"'{Metadata}' lists the jobs without any, so '{MetadataKey}{ApiText.Shorten(key)}]' cannot be given with it.", Metadata,
                "invalid_value");
        }

        var all = (await catalog.ListAsync(context.RequestAborted)).Where(
            j => none ? j.Metadata is null or { Count: 0 } : metadata.All(m => j.Metadata?.GetValueOrDefault(m.Key) == m.Value));
        var chosen = page.Of([.. page.Ascending ? all.Reverse() : all], j => j.Id);
        var data = await Task.WhenAll(chosen.Data.Select(j => reader.DescribeAsync(j, context.RequestAborted)));
        return Results.Json(chosen.With(data), ApiJson.Options);
    }

    private static async Task EventsAsync(
        string id, HttpContext context, JobCatalog catalog, JobReader reader, JobEvents events, JobEventStream stream)
    {
        var job = await catalog.GetAsync(id, context.RequestAborted);
        var page = ApiPage.From(context.Request, DefaultPage, LargestPage, Stream);
        var streamed = ApiQuery.Word(context.Request, Stream, "true", "false") is { } word
            ? word == "true"
            : context.Request.Headers.Accept.ToString().Contains(ServerSentEvents.ContentType, StringComparison.OrdinalIgnoreCase);
        if (streamed)
        {
            var from = context.Request.Headers["Last-Event-ID"].ToString();
            await stream.WriteAsync(context, job, from.Length == 0 ? JobStreamPosition.Start : JobStreamPosition.Parse(from));
            return;
        }

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
