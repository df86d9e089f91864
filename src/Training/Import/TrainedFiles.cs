using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>
/// The files of a model's folder as the trained model needs them: with the chat template that it is trained with, and with
/// its end of turn among the ids that end a generation. Without, nobody could talk to it as it was taught, and it would not stop.
/// </summary>
internal static class TrainedFiles
{
    private const string TokenizerConfigFile = "tokenizer_config.json";
    private const string JinjaFile = "chat_template.jinja";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="folder">The model's folder.</param>
    /// <param name="template">The template of the data; null where they are no chats.</param>
    /// <param name="text">The model's tokenizer and own template.</param>
    /// <param name="cancellationToken">Cancels between two files.</param>
    public static async Task<Dictionary<string, byte[]>> ReadAsync(
        string folder, string? template, ModelText text, CancellationToken cancellationToken)
    {
        var files = new Dictionary<string, byte[]>();
        foreach (var name in (string[])[ModelFolder.ConfigFile, ModelFolder.GenerationConfigFile, .. TokenizerLoader.Files])
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path)) files[name] = await File.ReadAllBytesAsync(path, cancellationToken);
        }

        if (template is null) return files;
        if (text.Encoder(template).EndOfTurn().TokenId is { } end)
        {
            foreach (var name in (string[])[ModelFolder.ConfigFile, ModelFolder.GenerationConfigFile])
                if (files.TryGetValue(name, out var content)) files[name] = WithEnd(content, end);
        }

        if (template != ChatTemplates.Auto && Jinja(ChatTemplates.Get(template), text.Tokenizer) is { } jinja)
        {
            files[JinjaFile] = Encoding.UTF8.GetBytes(jinja);
            if (files.TryGetValue(TokenizerConfigFile, out var config)) files[TokenizerConfigFile] = Changed(config, root => root["chat_template"] = jinja);
        }

        return files;
    }

    private static string? Jinja(IChatTemplate template, ITokenizer tokenizer) => template.Jinja is not { } jinja ? null
        : tokenizer.BosTokenId is not null && (template.BeginsWithBos ?? tokenizer.AddBosToken) ? "{{ bos_token }}" + jinja : jinja;

    private static byte[] WithEnd(byte[] content, int end) => Changed(content, root =>
    {
        var ids = root["eos_token_id"] switch
        {
            JsonArray list => list.Select(id => id!.GetValue<int>()).ToList(),
            JsonValue one => [one.GetValue<int>()],
            _ => [],
        };
        if (ids.Contains(end)) return;
        root["eos_token_id"] = new JsonArray([.. ids.Append(end).Select(id => (JsonNode)id)]);
    });

    private static byte[] Changed(byte[] content, Action<JsonObject> change)
    {
        var root = JsonNode.Parse(content)!.AsObject();
        var before = root.ToJsonString();
        change(root);
        return root.ToJsonString() == before ? content : Encoding.UTF8.GetBytes(root.ToJsonString(s_json));
    }
}
