using System.Text;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api;

/// <summary>Answers requests for completions.</summary>
internal sealed partial class CompletionService(
    InferenceOptions options, IModelCatalog catalog, ModelPool pool, TimeProvider time, IHostApplicationLifetime lifetime,
    ILogger<CompletionService> logger)
{
    private const int MaxNameInMessages = 200;
    private const int DeepestNesting = 64;

    /// <summary>Reads a request and writes the answer. Throws what fails before the answer has begun.</summary>
    /// <param name="context">The request.</param>
    /// <param name="chat">Whether the request is for a conversation.</param>
    /// <exception cref="ApiException">It cannot be answered.</exception>
    public async Task AnswerAsync(HttpContext context, bool chat)
    {
        using var timeout = new CancellationTokenSource(options.RequestTimeout, time);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await AnswerAsync(context, chat, cancel.Token);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            await FailAsync(context, timeout.IsCancellationRequested
                ? new ApiException(
                    StatusCodes.Status504GatewayTimeout, $"The request took longer than {options.RequestTimeout.TotalSeconds} s.", "timeout")
                : ApiException.Unavailable("The server is shutting down.", "unavailable"));
        }
        catch (ApiException e) when (context.Response.HasStarted)
        {
            await FailAsync(context, e);
        }
    }

    private static async Task FailAsync(HttpContext context, ApiException e)
    {
        if (!context.Response.HasStarted) throw e;

        // The SDKs raise an error that comes as an event; without [DONE], nobody takes the text to be complete.
        await new CompletionStream(context.Response).WriteAsync(JsonSerializer.SerializeToNode(ApiError.Of(e))!.AsObject(), context.RequestAborted);
    }

    private static async Task StreamAsync(
        HttpContext context, GenerationJob job, CompletionJson json, CompletionRequest request, CancellationToken cancellationToken)
    {
        var stream = new CompletionStream(context.Response);
        var begun = -1;
        await foreach (var piece in job.Pieces.ReadAllAsync(cancellationToken))
        {
            // Only now, so that a failure before the first token is an HTTP error and not an event.
            if (!context.Response.HasStarted) await stream.BeginAsync(cancellationToken);
            if (request.Chat && piece.Index > begun) await stream.WriteAsync(json.First(begun = piece.Index), cancellationToken);
            if (piece.Text.Length > 0) await stream.WriteAsync(json.Next(piece.Index, piece.Text), cancellationToken);
            foreach (var (i, call) in (piece.Calls ?? []).Index()) await stream.WriteAsync(json.Next(piece.Index, i, call), cancellationToken);
            if (piece.FinishReason is { } reason) await stream.WriteAsync(json.Last(piece.Index, reason), cancellationToken);
        }

        if (request.IncludeUsage) await stream.WriteAsync(json.Total(job.Usage), cancellationToken);
        await stream.EndAsync(cancellationToken);
    }

    private static async Task CollectAsync(HttpContext context, GenerationJob job, CompletionJson json, CancellationToken cancellationToken)
    {
        var choices = new List<CompletionChoice>();
        var text = new StringBuilder();
        await foreach (var piece in job.Pieces.ReadAllAsync(cancellationToken))
        {
            text.Append(piece.Text);
            if (piece.FinishReason is not { } reason) continue;
            choices.Add(new CompletionChoice(text.ToString(), piece.Calls, reason));
            text.Clear();
        }

        var bytes = CompletionJson.Bytes(json.Whole(choices, job.Usage));
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, cancellationToken);
    }

    private async Task AnswerAsync(HttpContext context, bool chat, CancellationToken cancellationToken)
    {
        CompletionRequest request;
        var bytes = await ApiBody.ReadBytesAsync(context, options.MaxRequestBytes, cancellationToken);
        using (var body = ApiBody.Parse(bytes, DeepestNesting)) request = CompletionRequestReader.Read(body.RootElement, chat);
        var model = await FindAsync(request.Model, cancellationToken) ?? throw NotFound(request.Model);
        var json = new CompletionJson(request, model.Version, time.GetUtcNow());
        var job = new GenerationJob(request, cancellationToken);
        pool.Enqueue(model, job);
        if (request.Stream) await StreamAsync(context, job, json, request, cancellationToken);
        else await CollectAsync(context, job, json, cancellationToken);
    }

    private async Task<ServableModel?> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await catalog.FindAsync(name, cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataFileException or ModelConfigException)
        {
            // Only for the log: the messages name files of the server.
            LogDamaged(e);
            throw ModelHost.CannotBeLoaded();
        }
    }

    private static ApiException NotFound(string name)
    {
        var shown = name.Length > MaxNameInMessages ? name[..MaxNameInMessages] + "…" : name;
        return ApiException.NotFound($"The model `{shown}` does not exist or you do not have access to it.", code: "model_not_found");
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A model for completions is damaged")]
    private partial void LogDamaged(Exception exception);
}
