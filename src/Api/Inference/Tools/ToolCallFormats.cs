namespace LisaOrleans.Api;

/// <summary>All formats of calls.</summary>
internal static class ToolCallFormats
{
    private static readonly IToolCallFormat[] s_formats = [new HermesToolCalls(), new MistralToolCalls(), new LlamaToolCalls()];

    /// <summary>The format in which a template has its model write calls; null if it is not a known one.</summary>
    public static IToolCallFormat? Of(string template) => s_formats.FirstOrDefault(f => f.IsOf(template));
}
