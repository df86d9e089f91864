namespace LisaOrleans.Data;

/// <summary>Zephyr and TinyLlama chat.</summary>
internal sealed class ZephyrTemplate : IChatTemplate
{
    public string Name => "zephyr";

    public bool EndsWithEos => false;

    public string Jinja =>
        """{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + '</s>\n' }}{% endfor %}"""
        + """{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}""";

    public IReadOnlyList<RenderedSegment> Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt) =>
        TurnTemplate.Render(messages, addGenerationPrompt, role => $"<|{role}|>\n", "</s>\n");
}
