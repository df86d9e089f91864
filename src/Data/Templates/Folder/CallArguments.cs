using System.Collections.Concurrent;

namespace LisaOrleans.Data;

/// <summary>
/// In which form a template of a folder takes the arguments of calls: as objects, as Hugging Face documents, or as texts, which
/// DeepSeek's join with their own. A template that fails with objects gets texts.
/// </summary>
/// <param name="render">What the template writes of a conversation, with arguments as texts or not; null where it fails.</param>
internal sealed class CallArguments(Func<Example, bool, string?> render)
{
    private readonly ConcurrentDictionary<bool, bool> _texts = new();

    /// <summary>Whether the template for this example takes texts.</summary>
    public bool AreTexts(Example example) =>
        example.Messages.Any(m => m.Fields?.TryGetProperty("tool_calls", out _) == true)
        && _texts.GetOrAdd(
            example.Tools is not null,
            tools => TemplateProbe.WithCalls(tools, "r").Any(p => render(p, false) is null && render(p, true) is not null));
}
