namespace LisaOrleans.Cli.Tests;

public sealed class GenerateTests
{
    [Fact]
    public async Task Generate_stops_at_the_end_of_turn_that_the_tokenizer_has_no_token_for()
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder);
        Write("<|never said|>");
        var whole = await GenerateAsync();
        var at = whole.IndexOf(' ', 20) + 1;
        var said = whole[at..whole.IndexOf(' ', at)];
        Write(said);
        var cut = await GenerateAsync();
        Assert.Equal(whole[..whole.IndexOf(said, StringComparison.Ordinal)], cut);

        void Write(string end) => File.WriteAllText(
            Path.Combine(model, "chat_template.jinja"),
            "{{ bos_token }}{% for m in messages %}{{ m.content }}{% if m.role == 'assistant' %}" + end + "{% endif %}{% endfor %}");

        async Task<string> GenerateAsync() =>
            (await Lisa.SucceedsAsync("generate", "--model", model, "--prompt", "The fox is red.", "--max-new-tokens", "40")).Output.TrimEnd('\n');
    }
}
