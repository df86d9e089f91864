using System.Text.Json;

namespace LisaOrleans.Api;

/// <summary>
/// How one kind of model writes calls of tools. To add one: implement this, and list it in <see cref="ToolCallFormats"/>.
/// </summary>
internal interface IToolCallFormat
{
    /// <summary>What begins the calls of an answer.</summary>
    string Mark { get; }

    /// <summary>Whether the mark counts only if nothing but white space comes before it.</summary>
    bool AtStartOnly { get; }

    /// <summary>Texts of the format that a tokenizer may have as special tokens, which otherwise are not decoded.</summary>
    IReadOnlyList<string> SpecialTexts { get; }

    /// <summary>Whether a chat template has its model write calls in this format.</summary>
    bool IsOf(string template);

    /// <summary>A new id for a call, in the form that the templates of these models take.</summary>
    string NewId();

    /// <summary>
    /// Reads the calls of an answer, whose text begins with the mark: name and arguments of each; null if it is something else.
    /// </summary>
    /// <exception cref="JsonException">It is something else.</exception>
    IReadOnlyList<(string Name, JsonElement Arguments)>? Read(string text);
}
