namespace LisaOrleans.Data;

/// <summary>ChatML, as many models use it.</summary>
internal sealed class ChatMlTemplate : IChatTemplate
{
    public string Name => "chatml";

    public bool EndsWithEos => false;

    public string Jinja => Turns;

    internal const string Turns =
        """{% for message in messages %}"""
        + """{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}"""
        + """{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}""";

    public IReadOnlyList<RenderedSegment> Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt) =>
        TurnTemplate.Render(messages, addGenerationPrompt, role => $"<|im_start|>{role}\n", "<|im_end|>\n");
}
