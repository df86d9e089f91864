namespace LisaOrleans.Data;

/// <summary>
/// Turns examples into tokens, so that anybody can do the same:
/// <list type="bullet">
/// <item>A text: [bos] + text + [eos]; all trained but bos.</item>
/// <item>A conversation with template plain (prompt and completion too): [bos] + each content, encoded by itself with nothing
/// between + [eos]; what the assistant says and eos are trained.</item>
/// <item>With another template: [bos] + the template's segments, each encoded by itself; the assistant's contents with their
/// end of turn are trained. Special tokens are recognised in the template's own text only.</item>
/// </list>
/// bos is there if the tokenizer adds one. With train-on-prompt everything but bos is trained.
/// </summary>
public sealed class SampleEncoder(ITokenizer tokenizer, DatasetOptions options)
{
    private readonly IChatTemplate _template = ChatTemplates.Get(options.Template);

    /// <summary>The tokens of an example, not yet cut to the block size.</summary>
    public EncodedSample Encode(Example example)
    {
        var ids = new List<int>();
        var trained = new List<bool>();
        if (tokenizer is { AddBosToken: true, BosTokenId: { } bos }) Add([bos], false);
        if (example.Text is { } text)
        {
            Add(tokenizer.Encode(text), true);
        }
        else
        {
            foreach (var segment in _template.Render(example.Messages, addGenerationPrompt: false))
            {
                var tokens = segment.IsTemplate ? tokenizer.EncodeWithSpecialTokens(segment.Text) : tokenizer.Encode(segment.Text);
                Add(tokens, segment.Trained || options.TrainOnPrompt);
            }
        }

        if (tokenizer.EosTokenId is { } eos && (example.Text is not null || _template.EndsWithEos)) Add([eos], true);
        return new EncodedSample([.. ids], [.. trained]);

        void Add(int[] tokens, bool train)
        {
            ids.AddRange(tokens);
            trained.AddRange(Enumerable.Repeat(train, tokens.Length));
        }
    }

    /// <summary>The tokens of a prompt that the model is to go on from.</summary>
    public int[] EncodePrompt(string prompt) => EncodePrompt([new ChatMessage("user", prompt)]);

    /// <summary>The tokens of a conversation, at least one message, in which the assistant is to speak next.</summary>
    public int[] EncodePrompt(IReadOnlyList<ChatMessage> messages)
    {
        var segments = _template.Render(messages, addGenerationPrompt: true)
            .SelectMany(s => s.IsTemplate ? tokenizer.EncodeWithSpecialTokens(s.Text) : tokenizer.Encode(s.Text));
        return tokenizer is { AddBosToken: true, BosTokenId: { } bos } ? [bos, .. segments] : [.. segments];
    }
}
