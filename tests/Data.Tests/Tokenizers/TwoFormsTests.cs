using System.Text.Json.Nodes;

namespace LisaOrleans.Data.Tests;

/// <summary>A SentencePiece model written as tokenizer.json, the way Hugging Face converts one, gives the same ids.</summary>
public sealed class TwoFormsTests
{
    [Fact]
    public void Encode_sample_tokenizer_has_the_same_ids_in_both_forms() => AreEqual(SampleTokenizer.Folder);

    [Fact]
    public void Encode_llama_2_tokenizer_has_the_same_ids_in_both_forms() => AreEqual(TestAssets.Require("llama2-tokenizer"));

    private static void AreEqual(string model)
    {
        using var folder = new TempFolder();
        var expected = TokenizerLoader.Load(model);
        var actual = TokenizerJson.Load(folder, Convert(Path.Combine(model, "tokenizer.model")), """{"bos_token":"<s>","eos_token":"</s>"}""");

        var golden = Path.Combine(Repository.Root, "tests", "Data.Tests", "Tokenizers", "Golden", "llama2.json");
        var lines = File.ReadLines(Path.Combine(Repository.Root, "samples", "animals.jsonl"));
        foreach (var text in ReferenceText.Read(golden).Select(t => t.Text).Concat(lines))
        {
            Assert.Equal(expected.Encode(text), actual.Encode(text));
            Assert.Equal(expected.Decode(expected.Encode(text)), actual.Decode(actual.Encode(text)));
        }
    }

    // Any two pieces that make a third may merge; the third's place in the vocabulary is the rank, but pieces of nothing but
    // spaces have the lowest score in Llama 2's model, wherever they stand.
    private static JsonObject Convert(string path)
    {
        var vocabulary = SentencePieceFile.Read(File.ReadAllBytes(path)).Pieces.Select((p, id) => (p.Text, id)).ToDictionary(p => p.Text, p => p.id);
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
