using LisaOrleans.Checkpoints;
using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>The keys and values with which a GGUF file describes a model.</summary>
internal static class GgufMetadata
{
    private static readonly string[] s_phi3 = ["phi-3", "phi3"];

    // general.file_type.
    private static uint FileType(GgufType type) => type switch
    {
        GgufType.F32 => 0,
        GgufType.F16 => 1,
        GgufType.Q8_0 => 7,
        _ => 32,
    };

    /// <summary>All keys and values, in order.</summary>
    /// <param name="name">What the model is called.</param>
    /// <param name="architecture">The family.</param>
    /// <param name="vocabulary">The tokenizer.</param>
    /// <param name="turnEnd">The token that ends a turn, where that is not the one that ends a sequence; else null.</param>
    /// <param name="type">How most tensors are stored.</param>
    public static IReadOnlyList<KeyValuePair<string, object>> Of(
        string name, GgufArchitecture architecture, GgufVocabulary vocabulary, int? turnEnd, GgufType type)
    {
        var config = architecture.Config;
        return
        [
            new("general.architecture", architecture.Name),
            new("general.type", "model"),
            new("general.name", NameOf(name, vocabulary.StripsAsPhi3)),
            new("general.file_type", FileType(type)),
            new("general.quantization_version", 2u),
            Key("vocab_size", (uint)config.VocabSize),
            Key("context_length", (uint)architecture.ContextLength),
            Key("embedding_length", (uint)config.HiddenSize),
            Key("block_count", (uint)config.NumHiddenLayers),
            Key("feed_forward_length", (uint)config.IntermediateSize),
            Key("attention.head_count", (uint)config.NumAttentionHeads),
            Key("attention.head_count_kv", (uint)config.NumKeyValueHeads),
            Key("attention.key_length", (uint)config.HeadDim),
            Key("attention.value_length", (uint)config.HeadDim),
            Key("attention.layer_norm_rms_epsilon", (float)config.RmsNormEps),
            .. architecture.More.Select(m => Key(m.Key, m.Value)),
            .. Tokenizer(vocabulary, turnEnd),
        ];

        KeyValuePair<string, object> Key(string key, object value) => new($"{architecture.Name}.{key}", value);
    }

    // By this name llama.cpp knows Phi-3, whose special tokens take the white space behind them; it then asks for tokens that others lack.
    private static string NameOf(string name, bool isPhi3)
    {
        var saysSo = s_phi3.Any(n => name.Contains(n, StringComparison.OrdinalIgnoreCase));
        return saysSo == isPhi3 ? name
            : isPhi3 ? $"{name} ({s_phi3[0]})"
            : s_phi3.Aggregate(name, (text, n) => text.Replace(n, "phi_3", StringComparison.OrdinalIgnoreCase));
    }

    private static IEnumerable<KeyValuePair<string, object>> Tokenizer(GgufVocabulary vocabulary, int? turnEnd)
    {
        yield return Key("ggml.model", vocabulary.Model);
        yield return Key("ggml.pre", vocabulary.Pre ?? "default");
        yield return Key("ggml.tokens", vocabulary.Tokens.Select(t => t.Text).ToList());
        yield return Key("ggml.token_type", vocabulary.Tokens.Select(t => (int)t.Kind).ToList());
        if (vocabulary.Pre is null)
        {
            yield return Key("ggml.scores", vocabulary.Tokens.Select(t => t.Score).ToList());
            yield return Key("ggml.add_space_prefix", vocabulary.AddSpacePrefix);
        }
        else
        {
            yield return Key("ggml.merges", vocabulary.Merges);
        }

        if (vocabulary.BosTokenId is { } bos) yield return Key("ggml.bos_token_id", (uint)bos);
        if (vocabulary.EosTokenId is { } eos) yield return Key("ggml.eos_token_id", (uint)eos);
        if (turnEnd is { } end) yield return Key("ggml.eot_token_id", (uint)end);
        var unknown = vocabulary.Tokens.Index().Where(t => t.Item.Kind == SentencePieceKind.Unknown).Select(t => (int?)t.Index).FirstOrDefault();
        if (unknown is { } id) yield return Key("ggml.unknown_token_id", (uint)id);
        yield return Key("ggml.add_bos_token", vocabulary.AddBosToken);
        yield return Key("ggml.add_eos_token", false);
        if (vocabulary.ChatTemplate is { } template) yield return Key("chat_template", template);

        static KeyValuePair<string, object> Key(string key, object value) => new($"tokenizer.{key}", value);
    }
}
