using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;

namespace LisaOrleans.Silo;

/// <summary>Answers requests for completions.</summary>
internal sealed class CompletionService(
    InferenceOptions options, IModelCatalog catalog, ModelPool pool, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private const int MaxNameInMessages = 200;

    /// <summary>Reads a request and writes the answer, or OpenAI's error body.</summary>
    /// <param name="context">The request.</param>
    /// <param name="chat">Whether it is to be a conversation.</param>
    public async Task AnswerAsync(HttpContext context, bool chat)
    {
        using var timeout = new CancellationTokenSource(options.RequestTimeout, time);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await AnswerAsync(context, chat, cancel.Token);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller is gone; there is nobody to answer.
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await FailAsync(context, timeout.IsCancellationRequested
                ? new CompletionException(StatusCodes.Status504GatewayTimeout, $"The request took longer than {options.RequestTimeout.TotalSeconds} s.", "timeout")
                : CompletionException.Unavailable("The server is shutting down.", "unavailable"));
        }
        catch (CompletionException e)
        {
            await FailAsync(context, e);
        }
    }

    private static async Task FailAsync(HttpContext context, CompletionException e)
    {
        var json = CompletionJson.Error(e);
        if (context.Response.HasStarted)
        {
            // The SDKs raise an error that comes as an event; without [DONE] nobody takes the text for complete.
            await new CompletionStream(context.Response).WriteAsync(json, context.RequestAborted);
            return;
        }

        context.Response.StatusCode = e.Status;
        await WriteAsync(context, CompletionJson.Bytes(json), context.RequestAborted);
    }

    private static Task WriteAsync(HttpContext context, byte[] json, CancellationToken cancellationToken)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        return context.Response.Body.WriteAsync(json, cancellationToken).AsTask();
    }

    private static async Task StreamAsync(HttpContext context, GenerationJob job, CompletionJson json, CompletionRequest request, CancellationToken cancellationToken)
    {
        var stream = new CompletionStream(context.Response);
        var begun = -1;
        await foreach (var piece in job.Pieces.ReadAllAsync(cancellationToken))
        {
            // Only now: what fails before the first token is an HTTP error, not an event.
            if (!context.Response.HasStarted) await stream.BeginAsync(cancellationToken);
            if (request.Chat && piece.Index > begun) await stream.WriteAsync(json.First(begun = piece.Index), cancellationToken);
            if (piece.Text.Length > 0) await stream.WriteAsync(json.Next(piece.Index, piece.Text), cancellationToken);
            if (piece.FinishReason is { } reason) await stream.WriteAsync(json.Last(piece.Index, reason), cancellationToken);
        }

        if (request.IncludeUsage) await stream.WriteAsync(json.Total(job.Usage), cancellationToken);
        await stream.EndAsync(cancellationToken);
    }

    private static async Task CollectAsync(HttpContext context, GenerationJob job, CompletionJson json, CancellationToken cancellationToken)
    {
        var choices = new List<(string, string)>();
        var text = new StringBuilder();
        await foreach (var piece in job.Pieces.ReadAllAsync(cancellationToken))
        {
            text.Append(piece.Text);
            if (piece.FinishReason is not { } reason) continue;
            choices.Add((text.ToString(), reason));
            text.Clear();
        }

        await WriteAsync(context, CompletionJson.Bytes(json.Whole(choices, job.Usage)), cancellationToken);
    }

    private async Task AnswerAsync(HttpContext context, bool chat, CancellationToken cancellationToken)
    {
        CompletionRequest request;
        using (var body = await ReadBodyAsync(context, cancellationToken)) request = CompletionRequestReader.Read(body.RootElement, chat);
        var model = await catalog.FindAsync(request.Model, cancellationToken) ?? throw NotFound(request.Model);
        var json = new CompletionJson(request, model.Version, time.GetUtcNow());
        var job = new GenerationJob(request, cancellationToken);
        pool.Enqueue(model, job);
        if (request.Stream) await StreamAsync(context, job, json, request, cancellationToken);
        else await CollectAsync(context, job, json, cancellationToken);
    }

    private async Task<JsonDocument> ReadBodyAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = options.MaxRequestBytes;

        // Also what keeps other sites' pages from calling a server on this machine: a browser asks before it sends this type.
        if (!context.Request.HasJsonContentType())
            throw new CompletionException(StatusCodes.Status415UnsupportedMediaType, "The Content-Type must be application/json.", "unsupported_content_type");
        try
        {
            return await JsonDocument.ParseAsync(context.Request.Body, new JsonDocumentOptions { AllowDuplicateProperties = false }, cancellationToken);
        }
        catch (JsonException e)
        {
            throw CompletionException.Invalid($"We could not parse the JSON body of your request: {e.Message}", "invalid_json");
        }
        catch (BadHttpRequestException e)
        {
            throw new CompletionException(e.StatusCode, e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? $"The request's body is larger than {options.MaxRequestBytes} bytes." : "The request's body is broken.", e.StatusCode == StatusCodes.Status413PayloadTooLarge ? "request_too_large" : null);
        }
    }

    private static CompletionException NotFound(string name)
    {
        var shown = name.Length > MaxNameInMessages ? name[..MaxNameInMessages] + "…" : name;
        return new CompletionException(StatusCodes.Status404NotFound, $"The model `{shown}` does not exist or you do not have access to it.", "model_not_found");
    }
}
