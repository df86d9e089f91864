using System.Text.Json;

namespace LisaOrleans.Cli.Tests;

/// <summary>Weights that are not numbers, or whose scores are not.</summary>
public sealed class WeightsBeyondNumbersTests
{
    [Theory]
    [InlineData(float.NaN)]
    [InlineData(1e4f)]
    public async Task Eval_scores_beyond_all_numbers_are_null_in_json(float weight)
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder);
        var file = new RawSafetensors(model);
        using var header = JsonDocument.Parse(file.Header);
        var at = header.RootElement.GetProperty("model.norm.weight").GetProperty("data_offsets")[0].GetInt32();
        for (var i = 0; i < 96; i++) BitConverter.TryWriteBytes(file.Data.AsSpan(at + (4 * i)), weight);
        file.Write();

        var result = await Lisa.SucceedsAsync("eval", "--model", model, "--data", Sample.HeldOut, "--log-format", "json");
        using var scores = JsonDocument.Parse(result.Output);
        Assert.Equal(float.IsNaN(weight) ? JsonValueKind.Null : JsonValueKind.Number, scores.RootElement.GetProperty("loss").ValueKind);
        Assert.Equal(JsonValueKind.Null, scores.RootElement.GetProperty("perplexity").ValueKind);
    }
}
