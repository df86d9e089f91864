namespace LisaOrleans.Data;

/// <summary>Stanford Alpaca's "### Instruction:" … "### Response:".</summary>
internal sealed class AlpacaTemplate : IChatTemplate
{
    private const string Preamble =
        "Below is an instruction that describes a task. Write a response that appropriately completes the request.";

    public string Name => "alpaca";

    public bool EndsWithEos => true;

    public string Jinja =>
        """{% set ns = namespace(system=none) %}{% for message in messages %}"""
        + """{% if message['role'] == 'system' and ns.system is none %}{% set ns.system = message['content'] %}{% endif %}"""
        + $$$"""{% endfor %}{{ '{{{Preamble}}}' if ns.system is none else ns.system }}{% for message in messages %}"""
        + """{% if message['role'] != 'system' %}"""
        + """{{ ('\n\n### Response:\n' if message['role'] == 'assistant' else '\n\n### Instruction:\n') + message['content'] }}"""
        + """{% endif %}{% endfor %}{{ '\n\n### Response:\n' if add_generation_prompt else eos_token }}""";

    public IReadOnlyList<RenderedSegment> Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt)
    {
        var segments = new List<RenderedSegment>();
        segments.Add(messages.FirstOrDefault(m => m.Role == "system") is { } system
            ? new RenderedSegment(system.Content, system.LearnedWeight, IsTemplate: false)
            : RenderedSegment.Header(Preamble) with { IsTemplate = false });
        foreach (var message in messages.Where(m => m.Role != "system"))
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
