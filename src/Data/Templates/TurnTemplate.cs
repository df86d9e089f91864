namespace LisaOrleans.Data;

/// <summary>What templates that write every turn alike have in common: header, content, end of turn.</summary>
internal static class TurnTemplate
{
    public const string Assistant = "assistant";

    public static IReadOnlyList<RenderedSegment> Render(
        IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, Func<string, string> header, string endOfTurn)
    {
        var segments = new List<RenderedSegment>();
        foreach (var message in messages)
        {
            var weight = message.LearnedWeight;
            segments.Add(RenderedSegment.Header(header(message.Role)));
            segments.Add(new RenderedSegment(message.Content, weight, IsTemplate: false));
            segments.Add(new RenderedSegment(endOfTurn, weight, IsTemplate: true));
        }

        if (addGenerationPrompt) segments.Add(RenderedSegment.Header(header(Assistant)));
        return segments;
    }
}
