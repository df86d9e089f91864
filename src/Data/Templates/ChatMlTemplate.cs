namespace LisaOrleans.Data;

/// <summary>ChatML, as many models use it.</summary>
internal sealed class ChatMlTemplate : IChatTemplate
{
    public string Name => "chatml";

    public bool EndsWithEos => false;

    public IReadOnlyList<RenderedSegment> Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt) =>
        TurnTemplate.Render(messages, addGenerationPrompt, role => $"<|im_start|>{role}\n", "<|im_end|>\n");
}
