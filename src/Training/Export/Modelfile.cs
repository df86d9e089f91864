using System.Globalization;
using System.Text;
using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>
/// Ollama's description of a model: <c>ollama create NAME -f Modelfile</c>. Of the chat template in the GGUF file Ollama runs nothing.
/// </summary>
internal static class Modelfile
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "Modelfile";

    /// <summary>Its text.</summary>
    /// <param name="file">Name of the GGUF file beside it.</param>
    /// <param name="template">The chat template for Ollama.</param>
    /// <param name="vocabulary">The tokenizer.</param>
    /// <param name="endIds">Ids that end an answer.</param>
    /// <param name="endText">A text that ends an answer; null for none.</param>
    /// <param name="contextLength">The context to run with; null for Ollama's own.</param>
    public static string Write(
        string file, OllamaTemplate template, GgufVocabulary vocabulary, IEnumerable<int> endIds, string? endText, int? contextLength)
    {
        var text = new StringBuilder($"FROM ./{file}\n");
        if (template.Note is { } note) text.Append(CultureInfo.InvariantCulture, $"# {note}.\n");
        if (template.Text is { } written) text.Append(CultureInfo.InvariantCulture, $"TEMPLATE \"\"\"{written}\"\"\"\n");
        if (contextLength is not null) text.Append(CultureInfo.InvariantCulture, $"PARAMETER num_ctx {contextLength}\n");
        var tokens = endIds.Distinct().Where(id => id < vocabulary.Tokens.Count).Select(id => vocabulary.Tokens[id].Text);

        // Ollama takes what stands between the first quote and the last as it is.
        foreach (var stop in tokens.Append(endText).OfType<string>())
            text.Append(CultureInfo.InvariantCulture, $"PARAMETER stop \"{stop}\"\n");
        return text.ToString();
    }
}
