using System.Text.Json.Nodes;

namespace LisaOrleans.Cli.Tests;

/// <summary>Plans of models that nobody has.</summary>
public sealed class PlanInputTests
{
    [Fact]
    public async Task Plan_model_too_large_for_64_bits_is_refused()
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder, c =>
        {
            foreach (var size in (string[])["hidden_size", "intermediate_size", "vocab_size"]) c[size] = 1 << 24;
            c["num_hidden_layers"] = 10_000;
        });
        await Lisa.RefusesAsync(["plan", "--model", model], model, "2^63 bytes");
        await Lisa.RefusesAsync(["plan", "--model", model, "--log-format", "json"], model, "2^63 bytes");
    }

    [Fact]
    public async Task Plan_large_model_is_a_sum_of_positive_numbers()
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder, c => (c["hidden_size"], c["num_hidden_layers"], c["vocab_size"]) = (16_384, 126, 128_256));
        var plan = JsonNode.Parse((await Lisa.SucceedsAsync("plan", "--model", model, "--log-format", "json")).Output)!;
        Assert.Equal("full fine-tuning", (string?)plan["full"]!["method"]);
        Assert.StartsWith("LISA: 2 layers for ", (string?)plan["lisa"]!["method"], StringComparison.Ordinal);
        foreach (var kind in (string[])["full", "lisa"])
        {
            long Bytes(string name) => plan[kind]![name]!.GetValue<long>();
            Assert.All(["weights", "gradients", "optimizer_state", "activations"], name => Assert.True(Bytes(name) > 0, name));
            Assert.Equal(
                Bytes("total"), Bytes("weights") + Bytes("gradients") + Bytes("optimizer_state") + Bytes("activations") + Bytes("process"));
            Assert.True(Bytes("manifest_copies") > 0);
        }
    }

    [Fact]
    public async Task Plan_device_memory_names_settings_that_fit_by_the_plan_itself()
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder, c => (c["hidden_size"], c["num_hidden_layers"], c["vocab_size"]) = (2048, 24, 32_000));
        string[] asked = ["plan", "--model", model, "--dtype", "bfloat16", "--block-size", "256", "--log-format", "json"];
        var plans = JsonNode.Parse((await Lisa.SucceedsAsync([.. asked, "--device-memory-gb", "4"])).Output)!.AsObject();
        Assert.Contains(plans, p => p.Value!["fits_with"] is null);
        var fitting = plans.Where(p => p.Value!["fits_with"] is not null).ToArray();
        Assert.Contains(fitting, p => p.Key == "lisa");
        foreach (var (method, plan) in fitting)
        {
            var flags = ((string)plan!["fits_with"]!).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var again = JsonNode.Parse((await Lisa.SucceedsAsync([.. asked, "--method", method, .. flags])).Output)![method]!;
            Assert.Equal((long)plan["fits_total"]!, (long)again["total"]! - (long)again["process"]!);
            Assert.InRange((long)plan["fits_total"]!, 1, 4_000_000_000);
        }

        // Smaller micro-batches have more lanes, whose sums take memory, than a run keeps that is told to have one.
        string[] full = [.. asked, "--method", "full", "--per-device-train-batch-size", "8"];
        string[] one = ["--gradient-lanes", "1"];
        var fit = JsonNode.Parse((await Lisa.SucceedsAsync([.. full, .. one, "--device-memory-gb", "10"])).Output)!["full"]!;
        var found = ((string)fit["fits_with"]!).Split(' ');
        Assert.Contains("--gradient-accumulation-steps", found);
        var planned = JsonNode.Parse((await Lisa.SucceedsAsync([.. full[..^2], .. found.Contains(one[0]) ? [] : one, .. found])).Output)!["full"]!;
        Assert.Equal((long)fit["fits_total"]!, (long)planned["total"]! - (long)planned["process"]!);

        var shown = (await Lisa.SucceedsAsync([.. asked[..^2], "--device-memory-gb", "4"])).Output;
        Assert.Contains("lisa: fits ", shown, StringComparison.Ordinal);
        Assert.Contains("full: does not fit; it needs ", shown, StringComparison.Ordinal);
        await Lisa.RefusesAsync(["plan", "--model", model, "--device-memory-gb", "-1"], "--device-memory-gb");
    }
}
