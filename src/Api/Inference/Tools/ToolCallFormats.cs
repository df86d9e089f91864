namespace LisaOrleans.Api;

/// <summary>All formats of calls.</summary>
internal static class ToolCallFormats
{
    private static readonly IToolCallFormat[] s_formats = [new HermesToolCalls(), new MistralToolCalls(), new LlamaToolCalls()];

    /// <summary>The format that a template has its model write; null where it is none that is known.</summary>
    public static IToolCallFormat? Of(string template) => s_formats.FirstOrDefault(f => f.IsOf(template));
}
