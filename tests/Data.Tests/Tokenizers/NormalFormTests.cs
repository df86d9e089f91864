namespace LisaOrleans.Data.Tests;

public sealed class NormalFormTests
{
    // From the standard's own tables and examples.
    [Theory]
    [InlineData("plain ASCII", "plain ASCII")]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("\u212B", "\u00C5")]
    [InlineData("a\u0323\u0307", "\u1EA1\u0307")]
    [InlineData("a\u0307\u0323", "\u1EA1\u0307")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\uFB01", "\uFB01")]
    [InlineData("\u1100\u1161\u11A8", "\uAC01")]
    [InlineData("\uAC00\u11A8", "\uAC01")]
    [InlineData("\uAC00\u11A7", "\uAC00\u11A7")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    [InlineData("\U000110A5\U000110BA", "\U000110AB")]
    [InlineData("a\u0315\u0300\u05AE\u0300b", "\u00E0\u05AE\u0300\u0315b")]
    public void Apply_form_C_text_is_composed(string text, string composed)
    {
        Assert.Equal(composed, NormalForm.C.Apply(text));
        Assert.Equal(composed, NormalForm.C.Apply(composed));
    }

    [Theory]
    [InlineData("ﬁ", "fi", "fi")]
    [InlineData("①²½", "121⁄2", "121⁄2")]
    [InlineData("Å", "A\u030A", "\u00C5")]
    [InlineData("ẛ̣", "s\u0323\u0307", "\u1E69")]
    [InlineData("각", "\u1100\u1161\u11A8", "각")]
    [InlineData("ﾊﾟ", "ハ\u309A", "パ")]
    public void Apply_forms_KD_and_KC_text_is_replaced_by_what_it_is_compatible_with(string text, string apart, string composed)
    {
        Assert.Equal(apart, NormalForm.KD.Apply(text));
        Assert.Equal(composed, NormalForm.KC.Apply(text));
    }

    [Fact]
    public void Apply_tracked_text_says_where_characters_come_from()
    {
        var text = NormalForm.C.Apply(new AlignedText("xe\u0301y", 10, true));
        Assert.Equal("xéy", text.Text);
        Assert.Equal((11, 13), (text.Start(1), text.End(2)));
        Assert.Equal((13, 14), (text.Start(2), text.End(3)));
    }
}
