using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using static TorchSharp.torch;

namespace LisaOrleans.Training.Tests;

/// <summary>Adapters that another program has written by PEFT's rules.</summary>
public sealed class PeftFolderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // As a version of 2023 wrote it: without rsLoRA, DoRA and patterns.
    private static JsonObject Old => new()
    {
        ["auto_mapping"] = null,
        ["base_model_name_or_path"] = "someone/tiny-stories",
        ["bias"] = "none",
        ["fan_in_fan_out"] = false,
        ["inference_mode"] = true,
        ["init_lora_weights"] = true,
        ["layers_pattern"] = null,
        ["layers_to_transform"] = null,
        ["lora_alpha"] = 6,
        ["lora_dropout"] = 0.05,
        ["modules_to_save"] = null,
        ["peft_type"] = "LORA",
        ["r"] = 3,
        ["revision"] = null,
        ["target_modules"] = new JsonArray("v_proj", "down_proj"),
        ["task_type"] = "CAUSAL_LM",
    };

    public static TheoryData<string, string, string> Refused => new()
    {
        { "peft_type", "\"LOHA\"", "only LORA" },
        { "task_type", "\"SEQ_CLS\"", "CAUSAL_LM" },
        { "bias", "\"all\"", "trained biases" },
        { "lora_bias", "true", "not supported" },
        { "modules_to_save", "[\"lm_head\"]", "not supported" },
        { "target_modules", "\".*_proj\"", "regular expression" },
        { "target_modules", "[\"lm_head\"]", "names 'lm_head'" },
        { "exclude_modules", "[\"v_proj\"]", "not supported" },
        { "target_parameters", "[\"mlp.experts\"]", "not supported" },
        { "layer_replication", "[[0, 2]]", "not supported" },
        { "trainable_token_indices", "[1]", "not supported" },
        { "init_lora_weights", "\"pissa\"", "own weights" },
        { "rank_pattern", "{\"layers\\\\.[01].*\": 4}", "regular expression" },
        { "use_qalora", "true", "not supported" },
        { "r", "0", "whole number from 1" },
        { "lora_alpha", "\"x\"", "number" },
        { "something_of_tomorrow", "7", "not supported" },
    };

    [Theory]
    [InlineData("F32")]
    [InlineData("BF16")]
    public async Task Read_patterns_and_old_fields_as_PEFT_does(string dtype)
    {
        using var folder = new TempFolder();
        var config = Old;
        config["rank_pattern"] = new JsonObject { ["layers.2.self_attn.v_proj"] = 5 };
        config["alpha_pattern"] = new JsonObject { ["down_proj"] = 9 };
        await WriteAsync(folder, config, Enum.Parse<TensorDType>(dtype), Rank);

        using var adapter = PeftFolder.Open(folder.Root, TinyStories.Config);
        foreach (var layer in Enumerable.Range(0, TinyStories.Layers))
        {
            var targets = adapter.Options.Targets(TinyStories.Config, layer);
            Assert.Equal(["v_proj", "down_proj"], targets.Select(t => t.Map.ShortName));
            Assert.Equal([6.0 / Rank(layer, "self_attn.v_proj"), 9.0 / 3], targets.Select(t => t.Scaling));
            var read = adapter.Read(layer);
            Assert.Equal(4, read.Count);
            foreach (var (name, tensor) in read)
            {
                using (tensor)
                {
                    Assert.Equal(ScalarType.Float32, tensor.dtype);
                    Assert.All(tensor.data<float>().ToArray(), v => Assert.Equal(Number(layer, name), v));
                }
            }
        }

        static int Rank(int layer, string module) => layer == 2 && module == "self_attn.v_proj" ? 5 : 3;
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Open_refuses_by_name_what_it_cannot_do(string field, string value, string says)
    {
        using var folder = new TempFolder();
        var config = Old;
        config[field] = JsonNode.Parse(value);
        await WriteAsync(folder, config, TensorDType.F32, (_, _) => 3);
        var error = Assert.Throws<InvalidDataFileException>(() => PeftFolder.Open(folder.Root, TinyStories.Config));
        Assert.Contains($"adapter_config.json: field '{field}", error.Message, StringComparison.Ordinal);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_tensor_of_another_shape_or_of_no_adapter_is_refused()
    {
        using var folder = new TempFolder();
        await WriteAsync(folder, Old, TensorDType.F32, (layer, _) => layer == 4 ? 2 : 3);
        Assert.Contains("layers.4.self_attn.v_proj.lora_A.weight' has shape [2, ", Error(), StringComparison.Ordinal);

        var narrower = Old;
        narrower["target_modules"] = new JsonArray("v_proj");
        await WriteAsync(folder, narrower, TensorDType.F32, (_, _) => 3);
        Assert.Contains("down_proj", Error(), StringComparison.Ordinal);

        string Error() => Assert.Throws<InvalidDataFileException>(() => PeftFolder.Open(folder.Root, TinyStories.Config)).Message;
    }

    private static float Number(int layer, string name) => layer + (name.Contains("lora_A", StringComparison.Ordinal) ? 0.5f : 0.25f);

    private static async Task WriteAsync(TempFolder folder, JsonObject config, TensorDType dtype, Func<int, string, int> rank)
    {
        await File.WriteAllTextAsync(folder[AdapterFiles.Config], config.ToJsonString(), Token);
        var tensors = new List<(string Name, long[] Shape, float Value)>();
        var (width, inner) = (TinyStories.Config.HiddenSize, TinyStories.Config.LinearMaps(0).Single(m => m.ShortName == "down_proj").Input);
        foreach (var layer in Enumerable.Range(0, TinyStories.Layers))
        {
            foreach (var (module, input) in ((string, long)[])[("self_attn.v_proj", width), ("mlp.down_proj", inner)])
            {
                var output = TinyStories.Config.LinearMaps(layer).Single(m => m.Name.EndsWith(module, StringComparison.Ordinal)).Output;
                var name = $"base_model.model.model.layers.{layer}.{module}";
                tensors.Add(($"{name}.lora_A.weight", [rank(layer, module), input], Number(layer, "lora_A")));
                tensors.Add(($"{name}.lora_B.weight", [output, rank(layer, module)], Number(layer, "lora_B")));
            }
        }

        var handles = new List<GCHandle>();
        try
        {
            var sources = tensors.Select(t =>
            {
                var count = t.Shape.Aggregate(1L, (a, b) => a * b);
                var bytes = dtype == TensorDType.F32
                    ? MemoryMarshal.AsBytes<float>(Enumerable.Repeat(t.Value, (int)count).ToArray()).ToArray()
                    : MemoryMarshal.AsBytes<ushort>(Enumerable.Repeat((ushort)(BitConverter.SingleToUInt32Bits(t.Value) >> 16), (int)count).ToArray()).ToArray();
                var handle = GCHandle.Alloc(bytes, GCHandleType.Pinned);
                handles.Add(handle);
                return new TensorSource(t.Name, dtype, t.Shape, handle.AddrOfPinnedObject());
            }).ToArray();
            await SafetensorsWriter.WriteFileAsync(folder[AdapterFiles.Weights], sources, null, Token);
        }
        finally
        {
            foreach (var handle in handles) handle.Free();
        }
    }
}
