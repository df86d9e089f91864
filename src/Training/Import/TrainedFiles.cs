using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LisaOrleans.Data;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// The files of a model as the trained model needs them: with the chat template that it is trained with, with its end of
/// turn in config.json, and with all ids that it ends with in generation_config.json, which programs that generate read first.
/// Without these, nobody could talk to it as it was taught, and it would not stop. And as its weights are no longer quantised,
/// config.json does not say that they are; where it has a rope for each type of layer, these have the name under which runs read them.
/// </summary>
internal static class TrainedFiles
{
    /// <summary>Where templates may lie, too.</summary>
    internal const string TokenizerConfigFile = "tokenizer_config.json";

    /// <summary>Its field for them.</summary>
    internal const string TemplateField = "chat_template";

    private const string EndIds = "eos_token_id";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="source">Where they are.</param>
    /// <param name="template">The template of the data; null if the data are not chats.</param>
    /// <param name="text">The model's tokenizer and own template.</param>
    /// <param name="ends">The ids that config.json names.</param>
    /// <param name="cancellationToken">Cancels between two files.</param>
    public static async Task<Dictionary<string, byte[]>> ReadAsync(
        AdaptedText source, string? template, ModelText text, IReadOnlyList<int> ends, CancellationToken cancellationToken)
    {
        var files = await source.ReadAsync(cancellationToken);
        files[ModelFileNames.Config] = WithRopeParameters(WithoutQuantization(files[ModelFileNames.Config]));
        var taught = template is null ? null : text.Encoder(template).EndOfTurn().TokenId;

        // If generation_config.json names any, config.json's are ignored, as in transformers.
        var named = text.EndIds.Count > 0 ? text.EndIds : ends;
        if ((taught ?? text.Tokenizer.EosTokenId) is { } last && !named.Contains(last))
        {
            if (taught is not null) files[ModelFileNames.Config] = WithEnds(files[ModelFileNames.Config], [last]);
            files[ModelFileNames.GenerationConfig] = WithEnds(
                files.GetValueOrDefault(ModelFileNames.GenerationConfig) ?? NewGenerationConfig(files[ModelFileNames.Config]),
                [.. ends.Concat(text.StopIds(new EndOfTurn(taught, null))).Distinct()]);
        }

        if (template is not null && template != ChatTemplates.Auto && Jinja(ChatTemplates.Get(template), text.Tokenizer) is { } jinja)
        {
            // Processors of transformers read it first, and refuse it beside additional templates; chat_template.jinja takes its place.
            files.Remove(ModelFileNames.ProcessorChatTemplate);
            if (text.Template is { } own)
            {
                // If there are others, transformers reads the folder's usual one from this file only.
                files.TryAdd(ModelFileNames.ChatTemplate, Encoding.UTF8.GetBytes(own.Source));
                files[ModelFileNames.AdditionalTemplate(template)] = Encoding.UTF8.GetBytes(jinja);
            }
            else
            {
                files[ModelFileNames.ChatTemplate] = Encoding.UTF8.GetBytes(jinja);
                if (files.TryGetValue(TokenizerConfigFile, out var config))
                    files[TokenizerConfigFile] = Changed(config, root => root[TemplateField] = jinja);
            }
        }

        return files;
    }

    /// <summary>A config.json that says nothing of quantised weights; multimodal models may say it of their text part only.</summary>
    internal static byte[] WithoutQuantization(byte[] config) => Changed(config, root =>
    {
        foreach (var fields in new[] { root, root["text_config"] as JsonObject })
            if (fields?[WeightQuantization.Field] is not null) fields.Remove(WeightQuantization.Field);
    });

    // Under its older name, an object with a rope for each type of layer is read otherwise in runs, because older builds did.
    private static byte[] WithRopeParameters(byte[] config) => Changed(config, root =>
    {
        const string Name = "rope_parameters", OlderName = "rope_scaling";
        foreach (var fields in new[] { root, root["text_config"] as JsonObject })
        {
            if (fields is null || fields[Name] is not null || fields[OlderName] is not JsonObject ropes) continue;
            if (!ropes.ContainsKey("full_attention")) continue;
            fields.Remove(OlderName);
            fields[Name] = ropes;
        }
    });

    internal static byte[] ToJson(JsonObject root) => Encoding.UTF8.GetBytes(root.ToJsonString(s_json));

    private static string? Jinja(IChatTemplate template, ITokenizer tokenizer) => template.Jinja is not { } jinja ? null
        : tokenizer.BosTokenId is not null && (template.BeginsWithBos ?? tokenizer.AddBosToken) ? "{{ bos_token }}" + jinja : jinja;

    // As transformers makes one from a config.json.
    private static byte[] NewGenerationConfig(byte[] config)
    {
        var (from, root) = (JsonNode.Parse(config)!.AsObject(), new JsonObject());
        foreach (var name in (string[])["bos_token_id", "pad_token_id"])
            if (from[name] is { } id) root[name] = id.DeepClone();
        return ToJson(root);
    }

    private static byte[] WithEnds(byte[] content, int[] wanted) => Changed(content, root =>
    {
        var ids = root[EndIds] switch
        {
            JsonArray list => list.Select(id => id!.GetValue<int>()).ToList(),
            JsonValue one => [one.GetValue<int>()],
            _ => [],
        };
        int[] all = [.. ids, .. wanted.Except(ids)];
        if (all.Length > ids.Count) root[EndIds] = all is [var only] ? only : new JsonArray([.. all.Select(id => (JsonNode)id)]);
    });

    private static byte[] Changed(byte[] content, Action<JsonObject> change)
    {
        var root = JsonNode.Parse(content)!.AsObject();
        var before = root.ToJsonString();
        change(root);
        return root.ToJsonString() == before ? content : ToJson(root);
    }
}
