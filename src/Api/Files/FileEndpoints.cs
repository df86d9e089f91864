using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace LisaOrleans.Api;

/// <summary><c>/v1/files</c>.</summary>
internal static class FileEndpoints
{
    private const int LargestPage = 10_000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var files = routes.MapGroup("/files").WithTags("Files");
        files.MapPost("", UploadAsync).WithSummary(
                "Upload a file, as multipart/form-data with fields file, purpose and, for a file that goes by itself,"
                + " expires_after[anchor] and expires_after[seconds].")
            .Produces<FileObject>().ProducesApiErrors(StatusCodes.Status413PayloadTooLarge);
        files.MapGet("", ListAsync).ReadsQuery().WithSummary(
            "List files. Query: purpose, after, limit, order.").Produces<ApiList<FileObject>>().ProducesApiErrors();
        files.MapGet("/{id}", GetAsync).WithSummary("A file.").Produces<FileObject>().ProducesApiErrors(StatusCodes.Status404NotFound);
        files.MapGet("/{id}/content", ContentAsync).WithSummary("A file's content.")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream").ProducesApiErrors(StatusCodes.Status404NotFound);
        files.MapDelete("/{id}", DeleteAsync).WithSummary("Delete a file.").Produces<DeletedObject>()
            .ProducesApiErrors(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> UploadAsync(HttpContext context, FileCatalog files, Idempotency idempotency, ApiServerOptions options)
    {
        using var upload = await FileUpload.ReadAsync(context, options.MaxUploadBytes);
        return await idempotency.RunAsync(
            context, Idempotency.Fingerprint(upload.Purpose, upload.Filename, upload.Sha256, $"{upload.Lifetime}"), ApiIds.FilePrefix,
            async (attempt, token) => FileObject.From(await files.AddAsync(attempt.Id, upload, token)));
    }

    private static async Task<IResult> ListAsync(HttpContext context, FileCatalog files)
    {
        var page = ApiPage.From(context.Request, LargestPage, LargestPage, "purpose");
        var purpose = ApiQuery.Word(context.Request, "purpose", FilePurposes.Listed);
        var all = await files.ListAsync(context.RequestAborted);
        var chosen = page.Of(
            [.. page.Ascending ? all.Reverse() : all], f => f.Id, f => files.IsThere(f) && (purpose is null || f.Purpose == purpose));
        return Results.Json(chosen.With([.. chosen.Data.Select(FileObject.From)]), ApiJson.Options);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext context, FileCatalog files) =>
        Results.Json(FileObject.From(await files.GetAsync(id, context.RequestAborted)), ApiJson.Options);

    private static async Task ContentAsync(string id, HttpContext context, FileCatalog files)
    {
        var file = await files.GetAsync(id, context.RequestAborted);
        using var content = await files.ReadAsync(file, context.RequestAborted);
        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(file.Filename);
        context.Response.Headers.ContentDisposition = disposition.ToString();
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = content.Length;
        await content.AsStream().CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static async Task<IResult> DeleteAsync(string id, HttpContext context, FileCatalog files)
    {
        await files.DeleteAsync(id, context.RequestAborted);
        return Results.Json(new DeletedObject(id, "file"), ApiJson.Options);
    }
}
