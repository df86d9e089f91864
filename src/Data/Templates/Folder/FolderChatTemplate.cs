using LisaOrleans.Data.Jinja;

namespace LisaOrleans.Data;

/// <summary>
/// The chat template that a Hugging Face folder has of its own, run as transformers' apply_chat_template runs it. What it
/// writes is one text, in which special tokens are recognised wherever they stand, even in what people wrote.
/// </summary>
public sealed class FolderChatTemplate
{
    private readonly string _file;
    private readonly Lazy<JinjaTemplate> _chat;
    private readonly Lazy<JinjaTemplate> _toolUse;
    private readonly IReadOnlyList<KeyValuePair<string, JinjaValue>> _tokens;
    private readonly DateTimeOffset _now;
    private readonly WrittenFields _written;
    private readonly WrittenTurns _turns;
    private readonly WrittenReasoning _reasoning;
    private readonly CallForms _calls;

    private FolderChatTemplate(IReadOnlyList<KeyValuePair<string, JinjaValue>> tokens, ChatTemplateSource source, DateTimeOffset now)
    {
        (_tokens, _file, _now) = (tokens, source.File, now);
        _calls = new CallForms((example, form) => TryRender(new ExampleValues(example, form), example.Messages));
        _written = new WrittenFields(source, example => TryRender(Values(example), example.Messages));
        _turns = new WrittenTurns(example => TryRender(Values(example), example.Messages));
        _reasoning = new WrittenReasoning(example => TryRender(Values(example), example.Messages), _written.IsCommented);
        (Source, ToolSource) = (source.Chat, source.ToolUse ?? source.Chat);
        ReadsTime = $"{source.Chat}{source.ToolUse}".Contains("strftime_now", StringComparison.Ordinal);

        // Parsed when first used, so a broken template does not disturb anyone who does not need it.
        _chat = new Lazy<JinjaTemplate>(() => Parse(source.Chat));
        _toolUse = source.ToolUse is { } tools ? new Lazy<JinjaTemplate>(() => Parse(tools)) : _chat;
    }

    /// <summary>Loads it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="now">The current time, as the template sees it; some write the date.</param>
    /// <param name="tokenizerFolder">Where the special tokens are that it may ask for; null for the same folder.</param>
    /// <param name="ofModel">As <see cref="TokenizerLoader.Load"/> has it.</param>
    /// <returns>Null where the folder has none.</returns>
    /// <exception cref="TokenizerException">tokenizer_config.json is wrong.</exception>
    public static FolderChatTemplate? Load(
        string folder, DateTimeOffset now, string? tokenizerFolder = null, Func<string, string>? ofModel = null) =>
        ChatTemplateSource.Find(folder) is { } source
            ? new FolderChatTemplate(SpecialTokenVariables.Read(tokenizerFolder ?? folder, ofModel), source, now)
            : null;

    /// <summary>Whether a folder has one.</summary>
    /// <exception cref="TokenizerException">tokenizer_config.json is wrong.</exception>
    public static bool IsIn(string folder) => ChatTemplateSource.Find(folder) is not null;

    /// <summary>Writes the conversation, followed by what begins the assistant's turn.</summary>
    /// <param name="messages">The conversation.</param>
    /// <exception cref="DatasetException">The template refuses it.</exception>
    /// <exception cref="TokenizerException">The template is wrong, or uses what is not supported: with the file and the line.</exception>
    public string RenderPrompt(IReadOnlyList<ChatMessage> messages) => RenderPrompt(new Example { Messages = messages });

    /// <summary>As for messages alone, but with the conversation's tools and variables.</summary>
    /// <exception cref="DatasetException">The template refuses it, or would leave some of it out.</exception>
    /// <exception cref="TokenizerException">The template is wrong, or uses what is not supported: with the file and the line.</exception>
    public string RenderPrompt(Example example)
    {
        if (_written.Unwritten(example) is { Name: var name })
            throw new DatasetException($"the model's chat template ({Name}) never writes '{name}'");
        _turns.Check(example, Name, isPrompt: true);
        return Render(example, example.Messages, addGenerationPrompt: true).Text;
    }

    /// <summary>What the template writes after an answer: its end of turn with the white space around it, maybe more, maybe nothing.</summary>
    /// <param name="isLast">Whether nothing follows the answer; gpt-oss's template ends it otherwise where another is to follow.</param>
    internal string EndOfTurn(bool isLast = true)
    {
        const string Answer = "\uE000\uE001\uE002";
        try
        {
            ChatMessage[] messages = [new(TurnRole.User, "x"), new(TurnTemplate.Assistant, Answer)];
            var text = Render(new Example(), messages, addGenerationPrompt: !isLast).Text;
            var at = text.LastIndexOf(Answer, StringComparison.Ordinal);
            return at < 0 ? "" : isLast ? text[(at + Answer.Length)..] : WithoutHeader(text[(at + Answer.Length)..], messages[..1]);
        }
        catch (DatasetException)
        {
            // A template may demand more than a question and its answer.
            return "";
        }
    }

    /// <summary>The template itself, for chats without tools.</summary>
    public string Source { get; }

    /// <summary>The template itself, for chats with tools.</summary>
    public string ToolSource { get; }

    /// <summary>Whether what it writes depends on the current time.</summary>
    public bool ReadsTime { get; }

    /// <summary>Whether it has written an example to learn from.</summary>
    public bool HasWritten { get; private set; }

    /// <summary>
    /// The whole conversation, which parts of the text are learned, and in how many of the learned turns the reasoning is left out.
    /// </summary>
    /// <param name="example">The conversation.</param>
    /// <param name="closing">The template's end of turn, empty where it has none.</param>
    /// <param name="inner">The same of an answer that is not the last, where it may be another.</param>
    /// <param name="prompts">Whether to learn everything but what turns say of themselves; the parts are null if none says anything.</param>
    /// <exception cref="DatasetException">
    /// The template refuses it, leaves some of it out, or there is no telling exactly what the assistant says.
    /// </exception>
    internal (string Text, IReadOnlyList<LearnedSpan>? Spans, int LostReasoning) RenderLearned(
        Example example, string closing, string inner = "", bool prompts = false)
    {
        _written.Check(example, Name);
        _turns.Check(example, Name, isPrompt: false);
        var values = Values(example);
        var whole = Render(values, example.Messages, addGenerationPrompt: false);

        // Checked first, so that it is mostly only read: threads that write what others read slow each other down.
        if (!HasWritten) HasWritten = true;
        var marks = Chosen(example).MarksGeneration;
        if (!prompts)
        {
            var learned = new LearnedSpans(this, values, whole, marks, closing, inner).Find();
            return (whole.Text, learned, _reasoning.Check(example, m => m.IsLearned, whole.Text, learned, Name));
        }

        var lost = _reasoning.Check(example, m => m.Train != false, whole.Text, spans: null, Name);
        var marked = example.Messages.Where(LearnedPrompts.IsMarked).ToList();
        if (marked.Count == 0) return (whole.Text, null, lost);

        // Generation blocks hold nothing but answers.
        marks = marks && marked.All(m => m.Role == TurnTemplate.Assistant);
        var turns = Values(LearnedPrompts.MarkedTurns(example));
        var spans = new LearnedSpans(this, turns, whole, marks, closing, inner, "take the weights out of its turns").Find();
        return (whole.Text, LearnedPrompts.Whole(spans, whole.Text.Length), lost);
    }

    internal JinjaRendering Render(Example example, IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt) =>
        Render(Values(example), messages, addGenerationPrompt);

    internal JinjaRendering Render(ExampleValues values, IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt)
    {
        try
        {
            return Chosen(values.Example).Render([.. _tokens, .. values.Variables(messages, addGenerationPrompt)], _now);
        }
        catch (JinjaRefusedException e)
        {
            throw new DatasetException($"the model's chat template ({Name}) refuses the conversation (line {e.Line}): {e.Problem}");
        }
        catch (JinjaException e)
        {
            throw new DatasetException($"the model's chat template ({Name}) cannot write the conversation: {e.Message}");
        }
    }

    internal DatasetException Unclear(int turn, string reason, string instead) => new(
        $"the model's chat template ({Name}) does not show exactly what is learned of turn {turn}: {reason}. Mark it in the template by "
        + $"{{% generation %}} … {{% endgeneration %}}, choose another by --template, or {instead}");

    // Without what begins the next answer; empty where that is not at the end.
    private string WithoutHeader(string text, ChatMessage[] question)
    {
        var asked = Render(new Example(), question, addGenerationPrompt: false).Text;
        var begun = Render(new Example(), question, addGenerationPrompt: true).Text;
        return begun.StartsWith(asked, StringComparison.Ordinal) && text.EndsWith(begun[asked.Length..], StringComparison.Ordinal)
            ? text[..^(begun.Length - asked.Length)]
            : "";
    }

    private ExampleValues Values(Example example) => new(example, _calls.Of(example));

    internal string? TryRender(ExampleValues values, IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt = false)
    {
        try
        {
            return Render(values, messages, addGenerationPrompt).Text;
        }
        catch (DatasetException)
        {
            return null;
        }
    }

    // Without the folder: a server's clients need not know where its models are stored.
    private string Name => Path.GetFileName(_file);

    private JinjaTemplate Chosen(Example example) => (example.Tools is null ? _chat : _toolUse).Value;

    private JinjaTemplate Parse(string source)
    {
        try
        {
            return JinjaTemplate.Parse(source);
        }
        catch (JinjaException e)
        {
            throw new TokenizerException(_file, $"the chat template cannot be used: {e.Message}");
        }
    }
}
