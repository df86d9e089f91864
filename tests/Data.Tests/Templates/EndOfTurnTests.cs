namespace LisaOrleans.Data.Tests;

public sealed class EndOfTurnTests
{
    [Theory]
    [InlineData("plain", null, null)]
    [InlineData("alpaca", null, null)]
    [InlineData("chatml", null, "<|im_end|>")]
    [InlineData("llama3", null, "<|eot_id|>")]
    [InlineData("llama2", SampleTokenizer.Eos, null)]
    [InlineData("zephyr", SampleTokenizer.Eos, null)]
    public void Of_named_template_is_its_special_token_or_else_its_text(string template, int? id, string? text) =>
        Assert.Equal(new EndOfTurn(id, text), EndOfTurn.Of(ChatTemplates.Get(template), SampleTokenizer.Load()));

    [Fact]
    public void Of_added_special_token_is_that_token()
    {
        using var folder = new TempFolder();
        var tokenizer = SampleTokenizer.Load(folder, """{"added_tokens_decoder": {"512": {"content": "<|im_end|>", "special": true}}}""");
        Assert.Equal(new EndOfTurn(512, null), EndOfTurn.Of(ChatTemplates.Get("qwen2"), tokenizer));
    }
}
