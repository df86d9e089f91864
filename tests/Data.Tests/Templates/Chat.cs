namespace LisaOrleans.Data.Tests;

/// <summary>A conversation with every role, and what templates make of it.</summary>
internal static class Chat
{
    public static ChatMessage[] Messages { get; } =
    [
        new("system", "You are a helpful assistant"), new("user", "Hello"), new("assistant", "Hi there"),
        new("user", "Who are you"), new("assistant", "I am an assistant"),
    ];

    public static ChatMessage[] WithoutSystem => Messages[1..];

    public static string Text(string template, IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt = false) =>
        string.Concat(ChatTemplates.Get(template).Render(messages, addGenerationPrompt).Select(s => s.Text));

    /// <summary>What is trained, in square brackets that no content contains.</summary>
    public static string Trained(string template) => string.Concat(
        ChatTemplates.Get(template).Render(Messages, addGenerationPrompt: false).Select(s => s.Trained ? $"⟦{s.Text}⟧" : s.Text));
}
