using System.Text.Json;
using System.Text.RegularExpressions;

namespace LisaOrleans.Cli.Tests;

public sealed class DataInspectTests
{
    private const string Records =
        """
        {"prompt":"Once upon","completion":" a time.","id":1}
        {"prompt":"a very very very very very very long prompt","completion":"x","id":2}

        """;

    [Fact]
    public async Task Inspect_as_json_is_a_line_for_each_sample_and_one_of_totals()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["d.jsonl"], Records);
        var result = await Lisa.SucceedsAsync(
            "data", "inspect", "--model", Sample.Model, "--data", folder["d.jsonl"],
            "--block-size", "16", "--samples", "100", "--log-format", "json");
        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        Assert.Equal(2, lines.Length);

        var ids = lines[0].GetProperty("input_ids").EnumerateArray().Select(e => e.GetInt32()).ToArray();
        var labels = lines[0].GetProperty("labels").EnumerateArray().Select(e => e.GetInt32()).ToArray();
        var first = Array.FindIndex(labels, l => l != -100);
        Assert.Equal(1, ids[0]);
        Assert.Equal(2, ids[^1]);
        Assert.InRange(first, 2, ids.Length - 2);
        Assert.Equal(ids[first..], labels[first..]);
        Assert.All(labels[..first], l => Assert.Equal(-100, l));

        var totals = lines[1];
        Assert.Equal((2, 1, 1), (Number("records"), Number("samples"), Number("skipped")));
        Assert.Equal((1, ids.Length, ids.Length - first), (Number("truncated"), Number("tokens"), Number("trained_tokens")));
        Assert.Equal("id", Assert.Single(totals.GetProperty("fields_left_out").EnumerateArray()).GetString());

        int Number(string name) => totals.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task Inspect_shows_sample_with_marks_around_what_is_learned_and_takes_settings_of_train()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["d.jsonl"], Records);
        var result = await Lisa.SucceedsAsync(
            "data", "inspect", "--model", Sample.Model, "--data", folder["d.jsonl"], "--learning-rate", "1", "--block-size", "32");

        // Both are encoded as one text: the completion's space is there once.
        Assert.Contains("Once upon« a time.", result.Output, StringComparison.Ordinal);
        Assert.Contains("⟨eos⟩", result.Output, StringComparison.Ordinal);
        Assert.Contains("2 records, ", result.Output, StringComparison.Ordinal);
        Assert.Contains("fields left out: id", result.Output, StringComparison.Ordinal);
    }

    // As training does, it leaves out what is held out for evaluation.
    [Fact]
    public async Task Inspect_reads_what_a_validation_split_leaves_to_train_on()
    {
        using var folder = new TempFolder();
        File.WriteAllLines(folder["d.jsonl"], Enumerable.Range(0, 40).Select(i => $$"""{"prompt":"Once","completion":" a time {{i}}."}"""));
        string[] command = ["data", "inspect", "--model", Sample.Model, "--data", folder["d.jsonl"], "--samples", "0", "--log-format", "json"];
        var all = Records(await Lisa.SucceedsAsync(command));
        var rest = Records(await Lisa.SucceedsAsync([.. command, "--validation-split", "0.5"]));
        Assert.Equal(40, all);
        Assert.InRange(rest, 1, 39);

        await LisaMain.RefusesAsync(
            [.. command, "--validation-split", "10%"], "--validation-split is '10%'; it must be a share between 0 and 1, such as 0.1");

        static int Records(LisaResult result) => JsonDocument.Parse(result.Output).RootElement.GetProperty("records").GetInt32();
    }

    // As training does, it reads chats by the template in the adapter's folder.
    [Fact]
    public async Task Inspect_with_an_adapter_reads_its_template()
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder);
        File.WriteAllText(
            folder["d.jsonl"], """{"messages": [{"role": "user", "content": "Who flies?"}, {"role": "assistant", "content": "The owl."}]}""");
        Directory.CreateDirectory(folder["adapter"]);
        File.WriteAllText(
            folder["adapter/adapter_config.json"], """{"peft_type": "LORA", "r": 1, "target_modules": ["q_proj"], "layers_to_transform": [0]}""");
        const string Map = "base_model.model.model.layers.0.self_attn.q_proj";
        new RawSafetensors(model)
        {
            Header = $$$"""
                {"{{{Map}}}.lora_A.weight": {"dtype": "F32", "shape": [1, 96], "data_offsets": [0, 384]},
                "{{{Map}}}.lora_B.weight": {"dtype": "F32", "shape": [96, 1], "data_offsets": [384, 768]}}
                """,
            Data = new byte[768],
        }.Write();
        File.Move(Path.Combine(model, "model.safetensors"), folder["adapter/adapter_model.safetensors"]);

        WriteTemplate(model, "{{ m.role }}: {{ m.content }}");
        WriteTemplate(folder["adapter"], "[{{ m.role }}] {{ m.content }}");
        var plain = await InspectAsync();
        var adapted = await InspectAsync("--adapter", folder["adapter"], "--method", "lora");
        WriteTemplate(model, "[{{ m.role }}] {{ m.content }}");
        Assert.Equal(await InspectAsync(), adapted);
        Assert.NotEqual(plain, adapted);

        // What training refuses shows nothing.
        await LisaMain.RefusesAsync(
            ["data", "inspect", "--model", model, "--adapter", model, "--method", "lora", "--data", folder["d.jsonl"]],
            "has no adapter_config.json");
        await LisaMain.RefusesAsync(
            ["data", "inspect", "--model", model, "--adapter", folder["adapter"], "--data", folder["d.jsonl"]],
            "--method is lisa, which trains no adapter");
        string[] lora = ["--adapter", folder["adapter"], "--method", "lora", "--lora-r", "8"];
        await LisaMain.RefusesAsync(
            ["data", "inspect", "--model", model, "--data", folder["d.jsonl"], .. lora], "--lora-r is 8, but that of --adapter is 1");

        async Task<string> InspectAsync(params string[] more) => (await Lisa.SucceedsAsync(
            ["data", "inspect", "--model", model, "--data", folder["d.jsonl"], "--log-format", "json", .. more])).Output;

        static void WriteTemplate(string to, string turn) =>
            File.WriteAllText(Path.Combine(to, "chat_template.jinja"), $"{{% for m in messages %}}{turn}\n{{% endfor %}}");
    }

    [Theory]
    [InlineData("--validation-split takes what is scored from the training data", "--eval-data", "d.jsonl", "--validation-split", "0.5")]
    [InlineData("--lora-r is used only with --method lora", "--method", "full", "--lora-r", "8")]
    [InlineData("--eval-steps is 5, but there is no evaluation data", "--eval-steps", "5")]
    [InlineData("none.jsonl", "--eval-data", "none.jsonl")]
    public async Task Inspect_refuses_what_training_would(string says, params string[] more)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["d.jsonl"], Records);
        string[] given = [.. more.Select(m => m.EndsWith(".jsonl", StringComparison.Ordinal) ? folder[m] : m)];
        foreach (var command in (string[][])[["data", "inspect"], ["train", "--output", folder["out"]]])
            await LisaMain.RefusesAsync([.. command, "--model", Sample.Model, "--data", folder["d.jsonl"], .. given], says);
    }

    // Who sees no colours has to see what is learned all the same.
    [Theory]
    [InlineData("NO_COLOR=1 TERM=xterm-256color", true)]
    [InlineData("TERM=dumb", true)]
    [InlineData("TERM=xterm-256color", false)]
    public async Task Inspect_on_a_terminal_without_colours_marks_what_is_learned(string variables, bool marks)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script, which makes a terminal, is not there");
        using var folder = new TempFolder();
        File.WriteAllText(folder["d.jsonl"], Records);
        var line = $"env -u NO_COLOR {variables} {Lisa.Program} data inspect --model {Sample.Model} --data {folder["d.jsonl"]} --block-size 16";
        using var process = new LisaProcess("script", ["-qec", line, "/dev/null"]);
        var result = await process.EndAsync(TestContext.Current.CancellationToken);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Contains(marks ? "between « and »" : "(green)", result.Output, StringComparison.Ordinal);
        Assert.Equal(marks, !Regex.IsMatch(result.Output, "\u001b\\[[0-9;]*m"));
    }
}
