namespace LisaOrleans.Data;

/// <summary>
/// The special tokens that transformers' classes of tokenizers have where no file names any: the defaults of their __init__. The class
/// is that of tokenizer_config.json or config.json, else that of the model's type. Source: transformers' tokenization_*_fast.py and
/// tokenization_auto.py.
/// </summary>
internal static class TokenizerClasses
{
    /// <summary>GPT-2's.</summary>
    public const string Gpt2 = "GPT2Tokenizer";

    /// <summary>Qwen 2's and 3's.</summary>
    public const string Qwen2 = "Qwen2Tokenizer";

    private const string Llama = "LlamaTokenizer";
    private const string Gemma = "GemmaTokenizer";
    private const string GptNeoX = "GPTNeoXTokenizer";
    private const string CodeGen = "CodeGenTokenizer";
    private const string EndOfText = "<|endoftext|>";

    private static readonly Dictionary<string, Dictionary<string, string>> s_tokens = new()
    {
        [Gpt2] = Tokens(EndOfText, EndOfText, EndOfText),
        [GptNeoX] = Tokens(EndOfText, EndOfText, EndOfText),
        [CodeGen] = Tokens(EndOfText, EndOfText, EndOfText),
        [Qwen2] = new() { ["eos_token"] = EndOfText, ["unk_token"] = EndOfText, ["pad_token"] = EndOfText },
        [Llama] = Tokens("<s>", "</s>", "<unk>"),
        ["CodeLlamaTokenizer"] = Tokens("<s>", "</s>", "<unk>"),
        [Gemma] = new(Tokens("<bos>", "<eos>", "<unk>")) { ["pad_token"] = "<pad>" },
    };

    private static readonly Dictionary<string, string> s_ofModels = new()
    {
        ["llama"] = Llama,
        ["mistral"] = Llama,
        ["mistral3"] = Llama,
        ["ministral"] = Llama,
        ["ministral3"] = Llama,
        ["mixtral"] = Llama,
        ["phi3"] = Llama,
        ["qwen2"] = Qwen2,
        ["qwen3"] = Qwen2,
        ["qwen3_moe"] = Qwen2,
        ["gemma"] = Gemma,
        ["gemma2"] = Gemma,
        ["gemma3"] = Gemma,
        ["gemma3_text"] = Gemma,
        ["olmo2"] = GptNeoX,
        ["olmo3"] = Gpt2,
        ["granite"] = Gpt2,
        ["gpt2"] = Gpt2,
    };

    /// <summary>The class for models of a type; null where it has no tokens of its own.</summary>
    /// <param name="modelType">config.json's model_type.</param>
    public static string? OfModel(string modelType) => s_ofModels.GetValueOrDefault(modelType);

    /// <summary>The text of a special token; null for none.</summary>
    /// <param name="name">The class; of each there is a fast one, with the same tokens.</param>
    /// <param name="role">Such as eos_token.</param>
    public static string? Token(string? name, string role) => name is null ? null
        : s_tokens.GetValueOrDefault(WithoutFast(name))?.GetValueOrDefault(role);

    /// <summary>
    /// Whether a class makes a pre-tokenizer that is just ByteLevel anew, by the add_prefix_space of tokenizer_config.json. Others do so
    /// only before transformers 5, or never.
    /// </summary>
    /// <param name="name">The class; null for none that is known.</param>
    public static bool SetsPrefixSpace(string? name) => name is not null && WithoutFast(name) is Gpt2 or GptNeoX or CodeGen;

    /// <summary>A class by the name of its slow form.</summary>
    /// <param name="name">Either name.</param>
    public static string WithoutFast(string name) =>
        name.EndsWith("Fast", StringComparison.Ordinal) ? name[..^"Fast".Length] : name;

    private static Dictionary<string, string> Tokens(string bos, string eos, string unk) =>
        new() { ["bos_token"] = bos, ["eos_token"] = eos, ["unk_token"] = unk };
}
