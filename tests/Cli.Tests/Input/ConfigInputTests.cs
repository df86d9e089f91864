using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Cli.Tests;

/// <summary>A config.json from a stranger.</summary>
public sealed class ConfigInputTests
{
    private static readonly Dictionary<string, (Action<JsonObject> Change, string[] Says)> s_wrong = new()
    {
        ["wrong width"] = (c => c["hidden_size"] = 48, ["model.embed_tokens.weight", "[512, 96]", "[512, 48]"]),
        ["fewer layers"] = (c => c["num_hidden_layers"] = 5, ["model.safetensors", "model.layers.5."]),
        ["more layers"] = (c => c["num_hidden_layers"] = 7, ["model.layers.6.", "missing"]),
        ["millions of layers"] = (c => c["num_hidden_layers"] = 16_777_216, ["config.json", "'num_hidden_layers'", "16777216"]),
        ["negative"] = (c => c["hidden_size"] = -96, ["config.json", "'hidden_size'", "-96"]),
        ["zero"] = (c => c["num_attention_heads"] = 0, ["config.json", "'num_attention_heads'"]),
        ["huge"] = (c => c["vocab_size"] = 4_611_686_018_427_387_904, ["config.json", "'vocab_size'"]),
        ["huge heads"] = (c => (c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]) = (16_777_216, 1, 16_777_216), ["q_proj"]),
        ["a fraction"] = (c => c["intermediate_size"] = 256.5, ["config.json", "'intermediate_size'"]),
        ["a text"] = (c => c["rms_norm_eps"] = "small", ["config.json", "'rms_norm_eps'"]),
        ["no norm"] = (c => c["rms_norm_eps"] = 0, ["config.json", "'rms_norm_eps'"]),
        ["missing"] = (c => c.Remove("vocab_size"), ["config.json", "'vocab_size'"]),
        ["other architecture"] = (c => c["model_type"] = "mamba", ["config.json", "'model_type'", "mamba"]),
        ["other activation"] = (c => c["hidden_act"] = "tan", ["config.json", "'hidden_act'"]),
        ["untied without a head"] = (c => c["tie_word_embeddings"] = false, ["lm_head.weight", "missing"]),
        ["heads that do not divide"] = (c => c["num_key_value_heads"] = 3, ["config.json", "'num_key_value_heads'"]),
        ["rope of the unknown kind"] = (c => c["rope_scaling"] = new JsonObject { ["rope_type"] = "mrope", ["factor"] = 4 },
            ["config.json", "mrope"]),
    };

    private static readonly Dictionary<string, string> s_noConfig = new()
    {
        ["empty"] = "",
        ["text"] = "hello",
        ["a list"] = "[1]",
        ["cut off"] = "{\"model_type\": \"llama\",",
        ["a name twice"] = "{\"model_type\": \"llama\", \"model_type\": \"llama\"}",
        ["half a surrogate pair"] = "{\"model_type\": \"\\ud800\"}",
        ["half a surrogate pair in a name"] = "{\"\\ud800\": 1}",
        ["a hundred thousand levels"] = new('[', 100_000),
        ["zeros"] = "\0\0\0\0",
    };

    public static TheoryData<string> Wrong => [.. s_wrong.Keys];

    public static TheoryData<string> NoConfig => [.. s_noConfig.Keys];

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Train_impossible_config_is_refused(string what)
    {
        using var folder = new TempFolder();
        var (change, says) = s_wrong[what];
        await LisaMain.RefusesAsync(Sample.Train(folder["out"], Sample.CopyModel(folder, change)), says);
        Sample.HasNoFiles(folder["out"]);
    }

    [Theory]
    [MemberData(nameof(NoConfig))]
    public async Task Train_and_plan_file_that_is_no_config_is_refused(string what)
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder);
        await File.WriteAllTextAsync(Path.Combine(model, "config.json"), s_noConfig[what], TestContext.Current.CancellationToken);
        await LisaMain.RefusesAsync(Sample.Train(folder["out"], model), "config.json: ");
        await LisaMain.RefusesAsync(["plan", "--model", model], "config.json: ");
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Theory]
    [InlineData("float32", "bfloat16")]
    [InlineData("bfloat16", "float32")]
    public void ReadFile_dtype_decides_over_torch_dtype_and_an_export_changes_both(string older, string newer)
    {
        using var folder = new TempFolder();
        var path = Path.Combine(Sample.CopyModel(folder, c => (c["torch_dtype"], c["dtype"]) = (older, newer)), "config.json");
        Assert.Equal(newer, ModelConfigReader.ReadFile(path).TorchDtype);
        foreach (var (dtype, name) in ((TensorDType, string)[])[(TensorDType.F16, "float16"), (TensorDType.F32, "float32")])
        {
            var config = JsonNode.Parse(ModelExporter.WithDtype(File.ReadAllBytes(path), dtype))!;
            Assert.Equal((name, name), ((string?)config["torch_dtype"], (string?)config["dtype"]));
        }
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("int8")]
    public async Task Train_torch_dtype_that_says_nothing_leaves_the_dtype_to_the_weights(string dtype)
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder, c => c["torch_dtype"] = dtype);
        await Lisa.SucceedsAsync(Sample.Train(folder["out"], model, more: ["--max-steps", "1"]));
        Assert.Contains(
            "\"float32\"", await File.ReadAllTextAsync(folder["out/config.json"], TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
