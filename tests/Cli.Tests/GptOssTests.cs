using System.Text.Json.Nodes;

namespace LisaOrleans.Cli.Tests;

/// <summary>gpt-oss as it is published, with its experts in MXFP4, from folder to folder.</summary>
public sealed class GptOssTests
{
    [Fact]
    public async Task Train_experts_in_mxfp4_give_the_bytes_of_those_in_bfloat16_and_a_plain_folder()
    {
        using var folder = new TempFolder();
        var model = new GptOssFolder();
        GptOssFolder.Write(folder["quantized"], Sample.Model, GptOssFolder.Config, model.Quantized);
        GptOssFolder.Write(folder["plain"], Sample.Model, GptOssFolder.PlainConfig, model.Plain);

        // In the same numbers each: what a new run chooses is measured, and two processes may measure otherwise.
        foreach (var which in (string[])["quantized", "plain"])
        {
            await Lisa.SucceedsAsync(
                Sample.Train(folder[$"out-{which}"], folder[which], null, "--max-steps", "10", "--compute-dtype", "float32"));
        }

        // Both have the same names and values, and training has changed the values.
        var trained = File.ReadAllBytes(folder["out-quantized/model.safetensors"]);
        Assert.Equal(File.ReadAllBytes(folder["out-plain/model.safetensors"]), trained);
        var (before, after) = (new RawSafetensors(folder["plain"]), new RawSafetensors(folder["out-quantized"]));
        Assert.Equal(Names(before), Names(after));
        Assert.Equal(before.Data.Length, after.Data.Length);
        Assert.NotEqual(before.Data, after.Data);

        var config = JsonNode.Parse(File.ReadAllText(folder["out-quantized/config.json"]))!.AsObject();
        Assert.True(JsonNode.DeepEquals(GptOssFolder.PlainConfig, config), config.ToJsonString());

        var untrained = await EvalAsync("quantized");
        Assert.Equal(untrained, await EvalAsync("plain"));
        Assert.True(await EvalAsync("out-quantized") < untrained);

        async Task<double> EvalAsync(string which)
        {
            var result = await Lisa.SucceedsAsync(
                "eval", "--model", folder[which], "--data", Sample.HeldOut, "--dtype", "float32", "--log-format", "json");
            return JsonNode.Parse(result.Output)!["loss"]!.GetValue<double>();
        }
    }

    private static IEnumerable<string> Names(RawSafetensors file) =>
        JsonNode.Parse(file.Header)!.AsObject().Select(t => t.Key).Where(n => n != "__metadata__").Order(StringComparer.Ordinal);
}
