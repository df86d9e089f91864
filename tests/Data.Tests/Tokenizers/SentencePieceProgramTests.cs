namespace LisaOrleans.Data.Tests;

/// <summary>Models that SentencePiece's own program trains with all sorts of settings, against the ids that it gives.</summary>
public sealed class SentencePieceProgramTests
{
    [Theory]
    [InlineData("--model_type=bpe --vocab_size=1500")]
    [InlineData(
        "--model_type=bpe --vocab_size=1500 --byte_fallback --normalization_rule_name=identity --remove_extra_whitespaces=false "
        + "--split_digits --allow_whitespace_only_pieces")]
    [InlineData(
        "--model_type=bpe --vocab_size=1200 --byte_fallback --normalization_rule_name=nfkc_cf --add_dummy_prefix=false --character_coverage=0.985")]
    [InlineData(
        "--model_type=bpe --vocab_size=1200 --byte_fallback --user_defined_symbols=<|im_start|>,▁▁,==,the,ab --control_symbols=<ctl> "
        + "--bos_id=-1 --eos_id=-1")]
    [InlineData("--model_type=bpe --vocab_size=1200 --treat_whitespace_as_suffix --normalization_rule_name=nmt_nfkc_cf --pad_id=3")]
    [InlineData("--model_type=bpe --vocab_size=900 --character_coverage=0.98 --split_by_whitespace=false --normalization_rule_name=identity")]
    [InlineData("--model_type=unigram --vocab_size=1500")]
    [InlineData("--model_type=unigram --vocab_size=1500 --byte_fallback --normalization_rule_name=identity --remove_extra_whitespaces=false")]
    [InlineData(
        "--model_type=unigram --vocab_size=1200 --byte_fallback --normalization_rule_name=nfkc --add_dummy_prefix=false --bos_id=-1 --eos_id=-1")]
    [InlineData(
        "--model_type=unigram --vocab_size=1200 --user_defined_symbols=<|im_start|>,▁▁,==,the,ab --control_symbols=<ctl> --character_coverage=0.985")]
    [InlineData("--model_type=unigram --vocab_size=1200 --treat_whitespace_as_suffix --split_by_whitespace=false --normalization_rule_name=nfkc_cf")]
    public void Encode_trained_model_gives_the_ids_of_sentence_piece_and_decodes_them(string options)
    {
        using var folder = new TempFolder();
        SentencePieceProgram.Train(folder, options);
        var tokenizer = TokenizerLoader.Load(folder.Root);
        string[] texts = [.. HardTexts.All.Select(t => t.Replace('\n', ' ').Replace("\0", "", StringComparison.Ordinal))];

        var expected = SentencePieceProgram.Encode(folder, texts);
        Assert.Equal(texts.Length, expected.Count);
        Parity.Check(texts, expected, tokenizer.Encode);

        // An unknown piece is a special token, which our texts leave out; SentencePiece writes a mark for it.
        int[][] known = [.. expected.Where(ids => !ids.Contains(0))];
        Assert.True(known.Length > 100);
        Parity.Check(known, SentencePieceProgram.Decode(folder, known), ids => tokenizer.Decode(ids));
    }

    [Fact]
    public void Encode_llama_2_gives_the_ids_of_sentence_piece()
    {
        using var folder = new TempFolder();
        File.Copy(TestAssets.Require("llama2-tokenizer", "tokenizer.model"), folder["tokenizer.model"]);
        string[] texts = [.. HardTexts.All.Select(t => t.Replace('\n', ' ').Replace("\0", "", StringComparison.Ordinal))];
        var tokenizer = TokenizerLoader.Load(folder.Root);
        Parity.Check(texts, SentencePieceProgram.Encode(folder, texts), tokenizer.Encode);
    }

    [Theory]
    [InlineData("--bos_id=-1 --eos_id=-1", null, null)]
    [InlineData("--bos_id=2 --eos_id=1", 2, 1)]
    [InlineData("--bos_id=-1 --eos_id=1 --unk_id=0", null, 1)]
    [InlineData("--bos_piece=<go> --eos_piece=<end>", 1, 2)]
    public void BosTokenId_and_EosTokenId_any_settings_are_those_of_the_model(string options, int? bos, int? eos)
    {
        using var folder = new TempFolder();
        SentencePieceProgram.Train(folder, $"--model_type=bpe --vocab_size=800 {options}");
        var tokenizer = TokenizerLoader.Load(folder.Root);
        Assert.Equal((bos, eos, bos is not null), (tokenizer.BosTokenId, tokenizer.EosTokenId, tokenizer.AddBosToken));
        Assert.Empty(tokenizer.Encode(""));
    }

    [Theory]
    [InlineData("word", "trainer_spec.model_type is WORD; supported: UNIGRAM, BPE")]
    [InlineData("char", "trainer_spec.model_type is CHAR; supported: UNIGRAM, BPE")]
    public void Load_other_types_are_refused_by_name(string type, string problem)
    {
        using var folder = new TempFolder();
        SentencePieceProgram.Train(folder, $"--model_type={type} --vocab_size=500");
        var e = Assert.Throws<TokenizerException>(() => TokenizerLoader.Load(folder.Root));
        Assert.Equal($"{folder["tokenizer.model"]}: {problem}", e.Message);
    }
}
