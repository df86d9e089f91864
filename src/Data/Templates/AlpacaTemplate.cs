namespace LisaOrleans.Data;

/// <summary>Stanford Alpaca's "### Instruction:" … "### Response:".</summary>
internal sealed class AlpacaTemplate : IChatTemplate
{
    private const string Preamble =
        "Below is an instruction that describes a task. Write a response that appropriately completes the request.";

    public string Name => "alpaca";

    public bool EndsWithEos => true;

    public string Jinja =>
        $$$"""{{ messages[0]['content'] if messages[0]['role'] == 'system' else '{{{Preamble}}}' }}{% for message in messages %}"""
        + """{% if message['role'] == 'system' %}"""
        + """{% if not loop.first %}{{ raise_exception('A system message must be the first') }}{% endif %}{% else %}"""
        + """{{ ('\n\n### Response:\n' if message['role'] == 'assistant' else '\n\n### Instruction:\n') + message['content'] }}"""
        + """{% endif %}{% endfor %}{{ '\n\n### Response:\n' if add_generation_prompt else eos_token }}""";

    public int? MisplacedSystem(IReadOnlyList<ChatMessage> messages) => ChatTemplates.SystemTurn(messages, from: 1);

    public IReadOnlyList<RenderedSegment> Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt)
    {
        var segments = new List<RenderedSegment>();
        segments.Add(messages[0] is { Role: TurnRole.System } system
            ? new RenderedSegment(system.Content, system.LearnedWeight, IsTemplate: false)
            : RenderedSegment.Header(Preamble) with { IsTemplate = false });
        foreach (var message in messages.Where(m => m.Role != TurnRole.System))
        {
            var answer = message.Role == TurnTemplate.Assistant;
            var header = answer ? "\n\n### Response:\n" : "\n\n### Instruction:\n";
            segments.Add(RenderedSegment.Header(header));
            segments.Add(new RenderedSegment(message.Content, message.LearnedWeight, IsTemplate: false));
        }

        if (addGenerationPrompt) segments.Add(RenderedSegment.Header("\n\n### Response:\n"));
        return segments;
    }
}
