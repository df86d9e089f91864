namespace LisaOrleans.Model.Tests;

/// <summary>The references of all families. To add one is a line here.</summary>
internal static class References
{
    public static IReadOnlyList<Reference> All { get; } =
    [
        Qwen3Reference.Yarn,
        Qwen3Reference.Plain,
        Gemma3Reference.Text,
        Gemma3Reference.Wrapped,
    ];
}
