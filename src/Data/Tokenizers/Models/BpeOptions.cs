namespace LisaOrleans.Data;

/// <summary>What byte-pair encoding does apart from merging; as the fields of tokenizer.json's "model" say.</summary>
internal sealed record BpeOptions
{
    /// <summary>unk_token's id: stands for a character without a token.</summary>
    public int? Unknown { get; init; }

    /// <summary>fuse_unk: characters without a token in a row are one.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>
    /// byte_fallback: a character without a token becomes the tokens of its bytes, "&lt;0x00&gt;" to "&lt;0xFF&gt;".
    /// </summary>
    public bool ByteFallback { get; init; }

    /// <summary>ignore_merges: a piece that is a token is that token, whatever its merges say.</summary>
    public bool WholeFirst { get; init; }

    /// <summary>continuing_subword_prefix: what tokens within a piece begin with.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>end_of_word_suffix: what tokens at a piece's end end with.</summary>
    public string Suffix { get; init; } = "";
}
