using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>Alpaca's <c>{"instruction", "input", "output"}</c>; the input may be missing or empty.</summary>
internal sealed class AlpacaFormat : IDatasetFormat
{
    public string Name => "alpaca";

    public string Fields => "instruction, input, output";

    public bool Matches(JsonElement record, DatasetOptions options) =>
        record.TryGetProperty("instruction", out _) && record.TryGetProperty("output", out _);

    public Example Parse(RecordReader record, DatasetOptions options)
    {
        var instruction = record.Text("instruction");
        return record.OptionalText("input") is { Length: > 0 } input
            ? Example.Of($"{instruction}\n\n{input}", record.Text("output"))
            : Example.Of(instruction, record.Text("output"));
    }
}
