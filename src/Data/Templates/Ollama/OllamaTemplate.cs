namespace LisaOrleans.Data;

/// <summary>
/// A chat template for Ollama, which does not run those in Jinja: of the one in a GGUF file it only asks whether it is nearly one of
/// those that it knows. Source: Ollama's template/template.go and server/model.go.
/// </summary>
/// <param name="Text">The text of a TEMPLATE; null where there is none that writes what the model was trained with.</param>
/// <param name="Note">What Ollama does otherwise than in training, in a sentence; null for nothing.</param>
public sealed record OllamaTemplate(string? Text, string? Note)
{
    /// <summary>The template that a run trained with.</summary>
    /// <param name="template">One of <see cref="ChatTemplates.Names"/>.</param>
    /// <param name="own">The template of the model's folder; null where it has none.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="vocabulary">The same as the GGUF file has it.</param>
    /// <exception cref="TokenizerException">The folder's template cannot be used.</exception>
    public static OllamaTemplate Of(string template, FolderChatTemplate? own, ITokenizer tokenizer, GgufVocabulary vocabulary)
    {
        if (template != ChatTemplates.Auto) return Of(Named(ChatTemplates.Get(template), tokenizer, vocabulary), vocabulary);

        // Without a template the text goes to the model as it is.
        if (own is null) return new OllamaTemplate("{{ .Prompt }}", null);
        return own.ReadsTime ? Unsaid("it writes the date") : Of((messages, prompt) => Written(own, messages, prompt), vocabulary);
    }

    private static OllamaTemplate Of(Func<IReadOnlyList<ChatMessage>, bool, string?> render, GgufVocabulary vocabulary)
    {
        var bos = vocabulary.BosTokenId is { } id ? vocabulary.Tokens[id].Text : "";
        var begins = render([new(TurnRole.User, "x")], true)?.StartsWith(bos, StringComparison.Ordinal) == true;

        // Ollama writes the begin token itself where the GGUF file says so, even before another one.
        var turns = new OllamaProbe(begins ? (m, p) => WithoutBegin(render(m, p), bos) : render).Find();
        if (turns is null) return Unsaid("Ollama's form cannot say what it writes");
        if (begins && !vocabulary.AddBosToken) turns = turns with { Front = bos };
        if (!turns.IsWritable) return Unsaid("a Modelfile cannot hold what it writes");
        string?[] notes =
        [
            vocabulary.AddBosToken && !begins ? $"Ollama begins a chat with {bos}, which the model's chat template does not write" : null,
            turns.System is null ? "Ollama leaves system messages out, since the model's chat template does not write them" : null,
        ];
        return new OllamaTemplate(turns.Write(), notes.Any(n => n is not null) ? string.Join("; ", notes.OfType<string>()) : null);
    }

    private static OllamaTemplate Unsaid(string why) => new(
        null, $"Ollama does not run the model's chat template, and {why}: write a TEMPLATE into the Modelfile yourself");

    private static Func<IReadOnlyList<ChatMessage>, bool, string?> Named(
        IChatTemplate template, ITokenizer tokenizer, GgufVocabulary vocabulary)
    {
        var bos = tokenizer.BosTokenId is { } id && (template.BeginsWithBos ?? tokenizer.AddBosToken) ? vocabulary.Tokens[id].Text : "";
        return (messages, prompt) => bos + string.Concat(template.Render(messages, prompt).Select(s => s.Text));
    }

    private static string? Written(FolderChatTemplate own, IReadOnlyList<ChatMessage> messages, bool prompt)
    {
        try
        {
            return own.Render(new Example { Messages = messages }, messages, prompt).Text;
        }
        catch (DatasetException)
        {
            return null;
        }
    }

    private static string? WithoutBegin(string? text, string bos) =>
        text?.StartsWith(bos, StringComparison.Ordinal) == true ? text[bos.Length..] : null;
}
