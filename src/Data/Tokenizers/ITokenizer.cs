namespace LisaOrleans.Data;

/// <summary>Turns text into token ids and back.</summary>
public interface ITokenizer
{
    /// <summary>Ids are below this.</summary>
    int VocabularySize { get; }

    /// <summary>Begins a sequence, where the tokenizer has such a token.</summary>
    int? BosTokenId { get; }

    /// <summary>Ends a sequence, where the tokenizer has such a token.</summary>
    int? EosTokenId { get; }

    /// <summary>Whether sequences begin with <see cref="BosTokenId"/>.</summary>
    bool AddBosToken { get; }

    /// <summary>Ids of a text, without begin and end tokens. Text that looks like a special token stays text.</summary>
    int[] Encode(string text);

    /// <summary>As <see cref="Encode"/>, but special tokens in the text become their ids, as Hugging Face does.</summary>
    int[] EncodeWithSpecialTokens(string text);

    /// <summary>As <see cref="EncodeWithSpecialTokens"/>, and says where in the text each token stands.</summary>
    /// <param name="text">The text.</param>
    /// <param name="specialTokens">False to treat special tokens as text, as <see cref="Encode"/> does.</param>
    TokenizedText EncodeWithOffsets(string text, bool specialTokens = true);

    /// <summary>Text of ids, without begin and end tokens.</summary>
    string Decode(IReadOnlyList<int> ids);

    /// <summary>The same for ids that come one by one.</summary>
    ITextStream StartDecoding();
}
