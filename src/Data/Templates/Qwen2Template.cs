namespace LisaOrleans.Data;

/// <summary>Qwen 2 and 2.5: ChatML that always begins with a system message.</summary>
internal sealed class Qwen2Template : IChatTemplate
{
    private const string DefaultSystem = "You are a helpful assistant.";

    public string Name => "qwen2";

    public bool EndsWithEos => false;

    public string Jinja =>
        $$$"""{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n{{{DefaultSystem}}}<|im_end|>\n' }}{% endif %}"""
        + ChatMlTemplate.Turns;

    public IReadOnlyList<RenderedSegment> Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt) => new ChatMlTemplate().Render(
        messages[0].Role == "system" ? messages : [new ChatMessage("system", DefaultSystem), .. messages], addGenerationPrompt);
}
