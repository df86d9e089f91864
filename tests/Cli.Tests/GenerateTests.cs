namespace LisaOrleans.Cli.Tests;

public sealed class GenerateTests(TrainedRuns runs)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LisaProcess.Interrupt, 130)]
    [InlineData(LisaProcess.Terminate, 143)]
    public async Task Generate_interrupted_leaves_no_model_in_the_temporary_folder(int signal, int exitCode)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["tmp"]);
        var store = TrainedRuns.Store(await runs.ShortAsync());
        string[] command = ["generate", "--model", "default", "--store", store, "--prompt", "The fox", "--max-new-tokens", "250"];
        var environment = new Dictionary<string, string> { ["TMPDIR"] = folder["tmp"] };

        // Ctrl-C ends a loop too: else its second round would end well.
        using var process = signal == LisaProcess.Interrupt ? Lisa.StartLoop(command, environment) : Lisa.Start(environment, command);
        var ended = process.EndAsync(Token);
        while (!ended.IsCompleted && Models().Length == 0) await Task.Yield();
        process.Signal(signal);
        var result = await ended;
        Assert.Equal((exitCode, ""), (result.ExitCode, result.Error));
        Assert.Empty(Models());

        string[] Models() => Directory.GetDirectories(folder["tmp"], "lisa-*");
    }

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
