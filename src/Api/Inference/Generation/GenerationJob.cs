using System.Threading.Channels;
using LisaOrleans.Data;
using LisaOrleans.Model;

namespace LisaOrleans.Api;

/// <summary>The generation of all choices of a request: done on the model's thread, and read by the request's.</summary>
internal sealed class GenerationJob(CompletionRequest request, CancellationToken cancellationToken)
{
    // SplitMix64's increment, so that the draws of one choice are not those of another shifted.
    private const ulong ChoiceStep = 0x9E3779B97F4A7C15UL;

    // Enough tokens of the prompt to make its last character complete.
    private const int ContextTokens = 8;

    // Its length is bounded by the model's longest sequence, so a slow reader costs little memory.
    private readonly Channel<CompletionPiece> _pieces = Channel.CreateUnbounded<CompletionPiece>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    /// <summary>The pieces, choice by choice. Fails if the generation does.</summary>
    public ChannelReader<CompletionPiece> Pieces => _pieces.Reader;

    /// <summary>Whether nobody waits for the answer any more.</summary>
    public bool IsCancelled => cancellationToken.IsCancellationRequested;

    /// <summary>Tokens so far; complete when the pieces are.</summary>
    public CompletionUsage Usage { get; private set; }

    /// <summary>Ends it with an error.</summary>
    public void Fail(Exception e) => _pieces.Writer.TryComplete(e);

    /// <summary>Generates everything. Errors go to the reader.</summary>
    public void Run(LoadedModel model, InferenceOptions options, CancellationToken stopping)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        try
        {
            var longest = Math.Min(model.Model.Config.MaxSequenceLength, options.MaxContextTokens);
            var prompts = new PromptEncoder(model, longest).Encode(request);
            Usage = new CompletionUsage(prompts.Sum(p => p.Ids.Length), 0);
            foreach (var (i, prompt) in prompts.Index())
            {
                // With the caller's seed a prompt gives what it gives alone, and has other draws where the list has it again.
                var place = request.HasSeed ? prompts.Take(i).Count(p => p.Ids.AsSpan().SequenceEqual(prompt.Ids)) : i;
                for (var j = 0; j < request.N; j++)
                    Generate(model, prompt, (i * request.N) + j, (ulong)((place * request.N) + j), cancel.Token);
            }

            _pieces.Writer.TryComplete();
        }
        catch (Exception e)
        {
            Fail(stopping.IsCancellationRequested ? ApiException.Unavailable("The server is shutting down.", "unavailable") : e);
        }
    }

    private void Generate(LoadedModel model, EncodedPrompt prompt, int index, ulong choice, CancellationToken cancel)
    {
        var options = request.Sampling with
        {
            MaxNewTokens = prompt.MaxNewTokens,
            Seed = unchecked(request.Sampling.Seed + (choice * ChoiceStep)),
            StopTokenIds = prompt.StopTokenIds,
        };

        // A text continues where the prompt ends; an answer in a conversation starts anew, without the tokenizer's space in
        // front.
        var decoder = new StreamingDecoder(model.Tokenizer, request.Chat ? [] : prompt.Ids[^Math.Min(ContextTokens, prompt.Ids.Length)..]);
        var stop = new StopSequences(prompt.Stop);
        var tools = ToolCallDecoder.Of(request, model);
        var made = 0;
        foreach (var id in TextGenerator.Generate(model.Model, prompt.Ids, options, cancel))
        {
            made++;
            Usage = Usage with { CompletionTokens = Usage.CompletionTokens + 1 };
            var text = stop.Push(decoder.Push(id) + tools?.TextOf(id));
            if (tools is not null) text = tools.Stream.Push(text);
            if (text.Length > 0) Write(text, null);
            if (stop.Found) break;
        }

        var rest = stop.Push(decoder.Flush()) + stop.Flush();
        var reason = stop.Found || made < prompt.MaxNewTokens ? "stop" : "length";
        if (tools is not null)
        {
            rest = tools.Stream.Push(rest);
            var (said, calls) = tools.Stream.End();
            Write(rest + said, calls.Count > 0 ? "tool_calls" : reason, calls.Count > 0 ? calls : null);
            return;
        }

        Write(rest, reason);

        void Write(string text, string? reason, IReadOnlyList<ToolCall>? calls = null) =>
            _pieces.Writer.TryWrite(new CompletionPiece(index, text, reason, calls));
    }
}
