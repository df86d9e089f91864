namespace LisaOrleans.Data;

/// <summary>Llama 3 Instruct.</summary>
internal sealed class Llama3Template : IChatTemplate
{
    public string Name => "llama3";

    public bool EndsWithEos => false;

    public bool? BeginsWithBos => true;

    public string Jinja =>
        """{% for message in messages %}"""
        + """{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] + '<|eot_id|>' }}"""
        + """{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}""";

    public IReadOnlyList<RenderedSegment> Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt) =>
        TurnTemplate.Render(messages, addGenerationPrompt, role => $"<|start_header_id|>{role}<|end_header_id|>\n\n", "<|eot_id|>");
}
