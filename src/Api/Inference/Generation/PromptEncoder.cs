using LisaOrleans.Data;

namespace LisaOrleans.Api;

/// <summary>Turns a request's prompts into a model's tokens, and checks what can be checked only against the model.</summary>
/// <param name="model">The model.</param>
/// <param name="longest">Its longest sequence, in tokens.</param>
internal sealed class PromptEncoder(LoadedModel model, int longest)
{
    /// <summary>One for each prompt of the request.</summary>
    /// <exception cref="ApiException">One is too long, or has ids that the model does not have.</exception>
    public IReadOnlyList<EncodedPrompt> Encode(CompletionRequest request)
    {
        CheckIds(request.Sampling.LogitBias.Keys, "logit_bias");
        try
        {
            return request.Chat ? [Conversation(request)] : [.. request.Prompts.Select(p => Text(request, p))];
        }
        catch (DatasetException e) when (request.Chat)
        {
            throw ApiException.Invalid($"Invalid 'messages': {e.Message}.", "messages", "invalid_value");
        }
        catch (TokenizerException)
        {
            // The exception's own message names the server's files.
            var param = request.Chat ? "messages" : "prompt";
            throw ApiException.Invalid($"Invalid '{param}': the model's tokenizer cannot encode it.", param, "invalid_value");
        }
    }

    private EncodedPrompt Text(CompletionRequest request, CompletionPrompt prompt) =>
        Finish(request, prompt.Ids ?? model.Text.Encoder(model.Template).EncodeText(prompt.Text!), "prompt", new EndOfTurn(null, null));

    private EncodedPrompt Conversation(CompletionRequest request)
    {
        if (request.Messages.Count > 1 && model is { Template: ChatTemplates.Auto, Text.Template: null })
        {
            throw ApiException.Invalid(
                "Invalid 'messages': this model has no chat template to write several messages with; ask it by one, or use the completions endpoint.",
                "messages", "invalid_value");
        }

        var encoder = model.Text.Encoder(model.Template);
        return Finish(
            request, encoder.EncodePrompt(new Example { Messages = request.Messages, Tools = request.Tools }), "messages", encoder.EndOfTurn());
    }

    private EncodedPrompt Finish(CompletionRequest request, int[] ids, string param, EndOfTurn end)
    {
        CheckIds(ids, param);
        if (ids.Length == 0) throw ApiException.Invalid($"Invalid '{param}': it has no tokens for this model to go on from.", param, "invalid_value");
        var wanted = request.MaxTokens ?? Math.Max(1, longest - ids.Length);
        if (ids.Length + (long)wanted > longest)
        {
            throw ApiException.Invalid(
                $"This model's maximum context length is {longest} tokens. However, you requested {ids.Length + (long)wanted} tokens "
                + $"({ids.Length} in the {param}, {wanted} in the completion). Please reduce the length of the {param} or completion.",
                param, "context_length_exceeded");
        }

        return new EncodedPrompt(ids, wanted, model.Text.StopIds(end), end.Text is null ? request.Stop : [.. request.Stop, end.Text]);
    }

    private void CheckIds(IEnumerable<int> ids, string param)
    {
        var size = model.Model.Config.VocabSize;
        foreach (var id in ids)
            if (id < 0 || id >= size)
                throw ApiException.Invalid($"Invalid '{param}': token id {id} is outside this model's {size} tokens.", param, "invalid_value");
    }
}
