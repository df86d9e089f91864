namespace LisaOrleans.Data;

/// <summary>
/// White space behind special tokens (<c>rstrip</c>). GGUF has no field for it; but llama.cpp lets special tokens take it in models that
/// are called Phi-3. Source: llama.cpp's llama-vocab.cpp.
/// </summary>
internal static class GgufPhi3
{
    private const string Always = "</s>";
    private static readonly string[] s_never = ["<unk>", "<s>", "<|endoftext|>"];

    /// <summary>Whether that is what a tokenizer does.</summary>
    /// <param name="added">Its added tokens.</param>
    /// <param name="tokens">All tokens by id, as GGUF has them.</param>
    public static bool Strips(IReadOnlyList<AddedToken> added, IReadOnlyList<GgufToken> tokens)
    {
        var stripping = added.Where(t => t.StripsRight).Select(t => t.Id).ToHashSet();
        return stripping.Count > 0 && s_never.Append(Always).All(text => tokens.Any(t => t.Text == text))
            && tokens.Index().All(t => stripping.Contains(t.Index) == Takes(t.Item));
    }

    private static bool Takes(GgufToken token) => !s_never.Contains(token.Text)
        && (token.Text == Always || token.Kind is SentencePieceKind.Control or SentencePieceKind.UserDefined or SentencePieceKind.Unknown);
}
