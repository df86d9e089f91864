using System.Text.Json.Nodes;
using CsCheck;
using Microsoft.ML.Tokenizers;

namespace LisaOrleans.Data.Tests;

/// <summary>A SentencePiece model written as tokenizer.json, the way Hugging Face converts one, gives the same ids.</summary>
public sealed class TwoFormsTests
{
    [Fact]
    public void The_samples_tokenizer_has_the_same_ids_in_both_forms() => AreEqual(SampleTokenizer.Folder, 2000);

    [Fact]
    public void Llama_2s_tokenizer_has_the_same_ids_in_both_forms() => AreEqual(TestAssets.Require("llama2-tokenizer"), 1000);

    private static void AreEqual(string model, int texts)
    {
        using var folder = new TempFolder();
        var expected = TokenizerLoader.Load(model);
        var actual = TokenizerJson.Load(folder, Convert(Path.Combine(model, "tokenizer.model")), """{"bos_token":"<s>","eos_token":"</s>"}""");
        foreach (var text in (string[])["Once upon a time, there was a fox.", " two  spaces ", "a\nb\t", "日本語 é 😀", "<s> </s>"]) Same(text);
        Texts.Any.Sample(Same, iter: texts);

        void Same(string text)
        {
            Assert.Equal(expected.Encode(text), actual.Encode(text));
            Assert.Equal(expected.Decode(expected.Encode(text)), actual.Decode(actual.Encode(text)));
        }
    }

    // Any two pieces that make a third may merge; the third's place in the vocabulary is the rank, but pieces of nothing but
    // spaces have the lowest score in Llama 2's model, wherever they stand.
    private static JsonObject Convert(string path)
    {
        using var stream = File.OpenRead(path);
        var vocabulary = SentencePieceTokenizer.Create(stream, addBeginningOfSentence: false, addEndOfSentence: false).Vocabulary;
        var json = TokenizerJson.SentencePiece();
        var pieces = new JsonObject();
        var merges = new JsonArray();
        foreach (var (piece, id) in vocabulary.OrderBy(p => p.Key.Length > 1 && p.Key.All(c => c == '▁')).ThenBy(p => p.Value))
        {
            pieces[piece] = id;
            if (id < 3 + 256) continue;
            var pairs = Enumerable.Range(1, piece.Length - 1).Select(at => (Left: piece[..at], Right: piece[at..]))
                .Where(p => vocabulary.ContainsKey(p.Left) && vocabulary.ContainsKey(p.Right))
                .OrderBy(p => vocabulary[p.Left]).ThenBy(p => vocabulary[p.Right]);
            foreach (var (left, right) in pairs) merges.Add(new JsonArray(left, right));
        }

        (json["model"]!["vocab"], json["model"]!["merges"]) = (pieces, merges);
        return json;
    }
}
