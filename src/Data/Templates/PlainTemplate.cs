namespace LisaOrleans.Data;

/// <summary>No template: the contents one after the other, with nothing between.</summary>
internal sealed class PlainTemplate : IChatTemplate
{
    public const string PlainName = "plain";

    public string Name => PlainName;

    public bool EndsWithEos => true;

    public IReadOnlyList<RenderedSegment> Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt) =>
        [.. messages.Select(m => new RenderedSegment(m.Content, m.LearnedWeight, IsTemplate: false))];
}
