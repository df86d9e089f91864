using System.Text.Json;

namespace LisaOrleans.Api;

/// <summary>How the models of a kind write calls of tools. To add one: implement this, and list it in <see cref="ToolCallFormats"/>.</summary>
internal interface IToolCallFormat
{
    /// <summary>What begins the calls of an answer.</summary>
    string Mark { get; }

    /// <summary>Whether the mark counts only where nothing but white space comes before it.</summary>
    bool AtStartOnly { get; }

    /// <summary>Texts of the format that a tokenizer may have as special tokens, which are not decoded otherwise.</summary>
    IReadOnlyList<string> SpecialTexts { get; }

    /// <summary>Whether a chat template has its model write calls so.</summary>
    bool IsOf(string template);

    /// <summary>An id for a call, as the templates of these models take it.</summary>
    string NewId();

    /// <summary>The calls of an answer from its mark on, each by its name and its arguments; null where it is something else.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    IReadOnlyList<(string Name, JsonElement Arguments)>? Read(string text);
}
