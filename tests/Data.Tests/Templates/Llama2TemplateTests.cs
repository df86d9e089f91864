namespace LisaOrleans.Data.Tests;

/// <summary>Llama 2's form, as text and as tokens.</summary>
public sealed class Llama2TemplateTests
{
    // Meta's and Hugging Face's form; the first <s> is the tokenizer's.
    private const string Text =
        "[INST] <<SYS>>\nYou are a helpful assistant\n<</SYS>>\n\nHello [/INST] Hi there </s>"
        + "<s>[INST] Who are you [/INST] I am an assistant </s>";

    [Fact]
    public void Render_llama2_segments_hold_the_spaces_of_llama_2()
    {
        var segments = ChatTemplates.Get("llama2").Render(Chat.Messages, addGenerationPrompt: false);
        Assert.Equal(
            [
                "[INST]", " <<SYS>>\nYou are a helpful assistant\n<</SYS>>\n\nHello [/INST]", " Hi there ", "</s>",
                "<s>[INST]", " Who are you [/INST]", " I am an assistant ", "</s>",
            ],
            segments.Select(s => s.Text));
        Assert.False(ChatTemplates.Get("llama2").EndsWithEos);
    }

    [Fact]
    public void Encode_llama2_template_gives_the_ids_of_the_whole_text()
    {
        var tokenizer = SampleTokenizer.Load();
        var sample = new SampleEncoder(tokenizer, new DatasetSettings { Template = "llama2" }).Encode(new Example { Messages = Chat.Messages });
        Assert.Equal(tokenizer.EncodeWithSpecialTokens(Text).Prepend(SampleTokenizer.Bos), sample.InputIds);
    }

    [Fact]
    public void Encode_llama2_template_gives_the_ids_of_llama_2()
    {
        var tokenizer = TokenizerLoader.Load(TestAssets.Require("llama2-tokenizer"));
        var encoder = new SampleEncoder(tokenizer, new DatasetSettings { Template = "llama2" });

        // "<s>", "▁[", "INST", "]", "▁Hello", "▁[", "/", "INST", "]", "▁Hi", "▁there", "▁", "</s>".
        Assert.Equal(
            [1, 518, 25580, 29962, 15043, 518, 29914, 25580, 29962, 6324, 727, 29871, 2],
            encoder.Encode(new Example { Messages = Chat.WithoutSystem[..2] }).InputIds);
        Assert.Equal([1, 518, 25580, 29962, 15043, 518, 29914, 25580, 29962], encoder.EncodePrompt("Hello"));
    }
}
