using LisaOrleans.Checkpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api;

/// <summary>Answers every request that fails with OpenAI's error body.</summary>
internal sealed partial class ApiErrorMiddleware(RequestDelegate next, ILogger<ApiErrorMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null, ContentType: null }) await WriteBareAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller is gone; there is nobody to answer.
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await WriteAsync(context, e);
        }
    }

    private async Task WriteAsync(HttpContext context, Exception e)
    {
        switch (e)
        {
            case ApiException known:
                await ApiError.WriteAsync(context, known.Status, known.Message, known.Code, known.Param);
                break;

            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                await ApiError.WriteAsync(context, StatusCodes.Status413PayloadTooLarge, "The request's body is too large.", "request_too_large");
                break;

            case BadHttpRequestException bad:
                await ApiError.WriteAsync(context, bad.StatusCode, bad.Message, null);
                break;

            // Asking again does not help before somebody has made room.
            case var _ when StoreRefusal.Find(e, "the store") is { } refusal:
                LogRefused(e, context.Request.Method, context.Request.Path);
                await ApiError.WriteAsync(
                    context,
                    HttpMethods.IsGet(context.Request.Method) ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status507InsufficientStorage,
                    $"The server's storage refuses. {refusal.Message}.", "storage_refused");
                break;

            // Something in the store is damaged: the message names it.
            case DamagedBlobException or InvalidDataFileException:
                LogFailed(e, context.Request.Method, context.Request.Path);
                await ApiError.WriteAsync(context, StatusCodes.Status500InternalServerError, e.Message, "damaged");
                break;

            // The store or the cluster is unavailable for a while, so the caller may try again.
            case IOException or TimeoutException or OrleansException or Azure.RequestFailedException:
                LogUnavailable(e, context.Request.Method, context.Request.Path);
                await ApiError.WriteAsync(
                    context, StatusCodes.Status503ServiceUnavailable, "The store or the cluster does not answer. Try again.", "unavailable");
                break;

            default:
                LogFailed(e, context.Request.Method, context.Request.Path);
                await ApiError.WriteAsync(context, StatusCodes.Status500InternalServerError, "The server had an error; its log says more.", null);
                break;
        }
    }

    private static Task WriteBareAsync(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound =>
            ApiError.WriteAsync(
                context, StatusCodes.Status404NotFound, $"Invalid URL ({context.Request.Method} {context.Request.Path})", "unknown_url"),
        StatusCodes.Status405MethodNotAllowed => ApiError.WriteAsync(
            context, StatusCodes.Status405MethodNotAllowed,
            $"Not allowed to {context.Request.Method} on {context.Request.Path} (HINT: {context.Response.Headers.Allow})", "method_not_supported"),
        // By the routing, which knows what an endpoint accepts.
        StatusCodes.Status415UnsupportedMediaType when ApiBody.WrongType() is var e => ApiError.WriteAsync(context, e.Status, e.Message, e.Code),
        var status => ApiError.WriteAsync(context, status, $"The request was refused with status {status}.", null),
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path}: the store or the cluster does not answer")]
    private partial void LogUnavailable(Exception exception, string method, string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path}: there is nowhere to keep it")]
    private partial void LogRefused(Exception exception, string method, string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private partial void LogFailed(Exception exception, string method, string path);
}
