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
    public void A_turn_ends_with_a_special_token_where_there_is_one_else_with_its_text(string template, int? id, string? text) =>
        Assert.Equal(new EndOfTurn(id, text), EndOfTurn.Of(ChatTemplates.Get(template), SampleTokenizer.Load()));

    [Fact]
    public void A_special_token_that_was_added_counts()
    {
        using var folder = new TempFolder();
        var tokenizer = SampleTokenizer.Load(folder, """{"added_tokens_decoder": {"512": {"content": "<|im_end|>", "special": true}}}""");
        Assert.Equal(new EndOfTurn(512, null), EndOfTurn.Of(ChatTemplates.Get("qwen2"), tokenizer));
    }
}
