namespace LisaOrleans.Data;

/// <summary>Zephyr and TinyLlama chat.</summary>
internal sealed class ZephyrTemplate : IChatTemplate
{
    public string Name => "zephyr";

    public bool EndsWithEos => false;

    public IReadOnlyList<RenderedSegment> Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt) =>
        TurnTemplate.Render(messages, addGenerationPrompt, role => $"<|{role}|>\n", "</s>\n");
}
