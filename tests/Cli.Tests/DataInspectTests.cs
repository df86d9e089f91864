using System.Text.Json;

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
}
