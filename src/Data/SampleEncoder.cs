using System.Collections.Concurrent;

namespace LisaOrleans.Data;

/// <summary>
/// Turns examples into tokens, by rules that anybody can repeat:
/// <list type="bullet">
/// <item>A text: [bos] + text + [eos]; all of it is trained except bos. Special tokens in it are recognised, as in Hugging
/// Face, since people put rendered chats into such columns. A text that already begins with bos or ends with eos gets no second
/// one.</item>
/// <item>A chat with the template of the model's folder: what the template writes, encoded as one text; nothing is added. What
/// the assistant says and its end of turn are trained (<see cref="LearnedSpans"/>); so is every token that lies in such a span
/// only in part.</item>
/// <item>A chat with a named template: [bos] + the template's segments, encoded as one text; the assistant's contents with
/// their end of turn are trained. What people wrote is never taken for special tokens: where it looks like one, each segment is
/// encoded by itself.</item>
/// <item>A prompt with its completion, and the template plain: [bos] + the contents, encoded as one text with nothing between
/// them + [eos]; the completion and eos are trained. Special tokens are recognised as in a text, but for the template plain. A
/// token that the completion's first character shares with the prompt is trained; a prompt that is encoded alone, to be
/// continued, then ends in other tokens. A completion that begins with a space avoids that.</item>
/// </list>
/// bos is there if the tokenizer adds one, or the named template demands it. With train-on-prompt everything except bos is
/// trained, but for turns that say themselves how much they count (<see cref="LearnedPrompts"/>).
/// </summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="settings">How records become samples.</param>
/// <param name="own">The template of the model's folder; null where it has none.</param>
public sealed class SampleEncoder(ITokenizer tokenizer, DatasetSettings settings, FolderChatTemplate? own = null)
{
    private readonly IChatTemplate _template =
        settings.Template == ChatTemplates.Auto ? ChatTemplates.Get(PlainTemplate.PlainName) : ChatTemplates.Get(settings.Template);

    private readonly FolderChatTemplate? _own = settings.Template == ChatTemplates.Auto ? own : null;

    // Without a template, the texts themselves may be rendered chats.
    private readonly bool _isRaw = settings.Template == ChatTemplates.Auto;
    private readonly ConcurrentDictionary<int, bool> _leftOut = new();
    private string? _closing;
    private string? _inner;
    private OpenTurns? _open;

    /// <summary>The tokens of an example, not yet cut to the block size.</summary>
    /// <exception cref="DatasetException">It is a chat, and there is no template or the template refuses it.</exception>
    public EncodedSample Encode(Example example)
    {
        if (example.Text is { } text) return Text(text);
        if (!example.IsChat || settings.Template != ChatTemplates.Auto)
            return Segments(example.Messages);
        if (_own is null)
        {
            throw new MissingChatTemplateException(
                $"is a chat, and the model's folder has no chat template to write it with; choose one by --template: "
                    + $"{ChatTemplates.Choices} (or plain, which joins the turns)");
        }

        _closing ??= Closing(_own.EndOfTurn());
        _inner ??= Closing(_own.EndOfTurn(isLast: false));
        var (written, spans, lost) = _own.RenderLearned(example, _closing, _inner, settings.TrainOnPrompt);
        var tokens = tokenizer.EncodeWithOffsets(written);
        var weights = spans is null ? [.. tokens.Ids.Select(_ => 1f)] : Covered(tokens, spans);
        if (settings.TrainOnPrompt && tokens.Ids is [var first, ..] && first == tokenizer.BosTokenId) weights[0] = 0;
        _open ??= new OpenTurns(tokenizer, EndOfTurn());
        return EncodedSample.Of(tokens.Ids, weights) with
        {
            OpenTurns = spans is null ? 0 : _open.Count(written, tokens, spans),
            LostReasoning = lost,
        };
    }

    /// <summary>The tokens of a prompt that the model is to continue.</summary>
    public int[] EncodePrompt(string prompt) => EncodePrompt([new ChatMessage("user", prompt)]);

    /// <summary>The tokens of a conversation, at least one message, in which the assistant is to speak next.</summary>
    /// <exception cref="DatasetException">The template refuses it.</exception>
    public int[] EncodePrompt(IReadOnlyList<ChatMessage> messages)
    {
        if (_own is not null) return tokenizer.EncodeWithSpecialTokens(_own.RenderPrompt(messages));
        return ChatTemplates.Problem(_template, messages) is { } problem
            ? throw new DatasetException(problem)
            : WithBos([.. Pieces(_template.Render(messages, addGenerationPrompt: true)).SelectMany(p => p.Ids)]);
    }

    /// <summary>As for messages alone, but with tools, calls and results, which only the folder's own template can write.</summary>
    /// <exception cref="DatasetException">There is no such template, or it refuses the conversation, or would leave some of it out.</exception>
    public int[] EncodePrompt(Example example) => example.Tools is null && example.Messages.All(m => m.Fields is null)
        ? EncodePrompt(example.Messages)
        : tokenizer.EncodeWithSpecialTokens((_own ?? throw new DatasetException(
            $"tools and their calls need a chat template of the model's own, and it is used with {settings.Template}")).RenderPrompt(example));

    /// <summary>The tokens of a text that the model is to continue, with nothing written around it.</summary>
    public int[] EncodeText(string text) => WithBos(
        settings.Template == PlainTemplate.PlainName ? tokenizer.Encode(text) : tokenizer.EncodeWithSpecialTokens(text));

    /// <summary>Whether chats begin with a special token that the template writes.</summary>
    public bool BeginsWithSpecialToken()
    {
        ChatMessage[] messages = [new(TurnRole.User, "x")];
        try
        {
            var text = _own?.RenderPrompt(messages) ?? string.Concat(_template.Render(messages, addGenerationPrompt: true).Select(s => s.Text));
            var tokens = tokenizer.EncodeWithOffsets(text);
            return tokens.Ids.Length > 0 && IsSpecial(tokens.Ids[0], text[tokens.Starts[0]..tokens.Ends[0]]);
        }
        catch (DatasetException)
        {
            // A template may demand more than a question.
            return false;
        }
    }

    /// <summary>What ends the assistant's turn.</summary>
    public EndOfTurn EndOfTurn() => _own is null ? Data.EndOfTurn.Of(_template, tokenizer) : Data.EndOfTurn.Of(_own, tokenizer);

    private EncodedSample Text(string text)
    {
        var content = tokenizer.EncodeWithSpecialTokens(text);
        int[] eos = tokenizer.EosTokenId is { } id && (content.Length == 0 || content[^1] != id) ? [id] : [];
        int[] ids = [.. WithBos(content), .. eos];
        return new EncodedSample(ids, [.. ids.Select((token, i) => i > 0 || token != tokenizer.BosTokenId)])
        {
            LacksEnd = tokenizer.EosTokenId is null,
        };
    }

    private EncodedSample Segments(IReadOnlyList<ChatMessage> messages)
    {
        var prompts = settings.TrainOnPrompt;
        var everything = prompts && !messages.Any(LearnedPrompts.IsMarked);
        var segments = _template.Render(prompts ? LearnedPrompts.Of(messages) : messages, addGenerationPrompt: false);
        if (prompts) segments = [.. segments.Select(s => s.IsHeader ? s with { Weight = 1 } : s)];
        var (ids, weights) = (new List<int>(), new List<float>());
        foreach (var (tokens, learned) in Pieces(segments))
        {
            ids.AddRange(tokens);
            weights.AddRange(everything ? tokens.Select(_ => 1f) : learned);
        }

        var begin = Bos(ids);
        ids.InsertRange(0, begin);
        weights.InsertRange(0, begin.Select(_ => 0f));
        if (ids.FirstOrDefault(-1) == tokenizer.BosTokenId) weights[0] = 0;
        if (tokenizer.EosTokenId is { } eos && _template.EndsWithEos && !(ids.LastOrDefault(-1) == eos && segments[^1].Text.Length > 0))
        {
            ids.Add(eos);

            // It ends the last turn, and counts as that does; where that is just no answer, it is learned all the same.
            weights.Add(segments[^1].Weight == 0 && messages[^1].Train is null ? 1 : segments[^1].Weight);
        }

        return EncodedSample.Of([.. ids], [.. weights]) with { LacksEnd = _template.EndsWithEos && tokenizer.EosTokenId is null };
    }

    private int[] WithBos(int[] ids) => [.. Bos(ids), .. ids];

    // Nothing where the ids begin with it.
    private int[] Bos(IReadOnlyList<int> ids) =>
        tokenizer.BosTokenId is { } bos && (_template.BeginsWithBos ?? tokenizer.AddBosToken) && ids.FirstOrDefault(-1) != bos ? [bos] : [];

    private IEnumerable<(int[] Ids, float[] Weights)> Pieces(IReadOnlyList<RenderedSegment> segments)
    {
        if (_template is PlainTemplate) return [Joined(segments)];
        if (Whole(segments) is { } whole) return [whole];
        return segments.Select(s =>
        {
            var ids = s.IsTemplate ? tokenizer.EncodeWithSpecialTokens(s.Text) : tokenizer.Encode(s.Text);
            return (ids, ids.Select(_ => s.Weight).ToArray());
        });
    }

    // All segments as one text, with nothing between them.
    private (int[] Ids, float[] Weights) Joined(IReadOnlyList<RenderedSegment> segments)
    {
        var tokens = tokenizer.EncodeWithOffsets(string.Concat(segments.Select(s => s.Text)), _isRaw);
        var spans = new List<LearnedSpan>();
        var at = 0;
        foreach (var segment in segments)
        {
            // A span at the very beginning includes the empty token before the first character.
            if (segment.Trained && segment.Text.Length > 0) spans.Add(new LearnedSpan(at == 0 ? -1 : at, at + segment.Text.Length, segment.Weight));
            at += segment.Text.Length;
        }

        return (tokens.Ids, Covered(tokens, spans));
    }

    // All segments as one text; null where something that a person wrote would become a special token.
    private (int[] Ids, float[] Weights)? Whole(IReadOnlyList<RenderedSegment> segments)
    {
        var text = string.Concat(segments.Select(s => s.Text));
        var tokens = tokenizer.EncodeWithOffsets(text);
        var spans = new List<LearnedSpan>();
        var (at, token) = (0, 0);
        foreach (var segment in segments)
        {
            var end = at + segment.Text.Length;
            if (segment.Trained && end > at) spans.Add(new LearnedSpan(at, end, segment.Weight));
            for (; token < tokens.Ids.Length && tokens.Starts[token] < end; token++)
            {
                var isTemplates = segment.IsTemplate && tokens.Ends[token] <= end;
                if (!isTemplates && IsSpecial(tokens.Ids[token], text[tokens.Starts[token]..tokens.Ends[token]])) return null;
            }

            at = end;
        }

        return (tokens.Ids, Covered(tokens, spans));
    }

    // What a template writes after an answer, up to the first special token; after that, another turn may already begin.
    private string Closing(string text)
    {
        var tokens = tokenizer.EncodeWithOffsets(text);
        for (var i = 0; i < tokens.Ids.Length; i++)
        {
            if (!IsSpecial(tokens.Ids[i], text[tokens.Starts[i]..tokens.Ends[i]])) continue;
            var end = tokens.Ends[i];
            while (end < text.Length && char.IsWhiteSpace(text[end])) end++;
            return text[..end];
        }

        return text;
    }

    // Decoded text leaves special tokens out. That of unknown text is special only where it is spelled out.
    private bool IsSpecial(int id, string text) => _leftOut.GetOrAdd(id, i => tokenizer.Decode([i]).Length == 0)
        && tokenizer.EncodeWithSpecialTokens(text) is [var only] && only == id && !tokenizer.Encode(text).SequenceEqual([id]);

    // As Hugging Face's char_to_token: from the token that holds the first character to the one that holds the last. A token of two
    // spans counts as it does in the one where it counts more.
    private static float[] Covered(TokenizedText tokens, IReadOnlyList<LearnedSpan> spans)
    {
        var weights = new float[tokens.Ids.Length];
        var token = 0;
        foreach (var (start, end, weight) in spans)
        {
            while (token < weights.Length && tokens.Ends[token] <= start) token++;
            for (; token < weights.Length && tokens.Starts[token] < end; token++) weights[token] = Math.Max(weights[token], weight);

            // The next span may begin within the last token.
            if (token > 0) token--;
        }

        return weights;
    }
}
