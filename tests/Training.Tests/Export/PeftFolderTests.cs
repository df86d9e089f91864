using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training.Tests;

/// <summary>Adapters that another program has written by PEFT's rules.</summary>
public sealed class PeftFolderTests
{
    // Every linear map of a layer.
    private const string All = "\"q_proj\", \"k_proj\", \"v_proj\", \"o_proj\", \"gate_proj\", \"up_proj\", \"down_proj\"";

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
        { "rank_pattern", "{\"layers.0.self_attn.q_proj\": 4}", "names 'layers.0.self_attn.q_proj', which is no module with an adapter" },
        { "alpha_pattern", "{\"up_proj\": 4}", "names 'up_proj', which is no module with an adapter" },
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
    [InlineData("[\"v_proj\", \"down_proj\"]", "null", "down_proj,v_proj,v_proj", "", null)]
    [InlineData($"[{All}]", "null", "all-linear", "", null)]
    [InlineData("\"all-linear\"", "null", "down_proj,up_proj,gate_proj,o_proj,v_proj,k_proj,q_proj", "", null)]
    [InlineData("[\"v_proj\", \"q_proj\"]", "[3, 1]", "", "1,3", null)]
    [InlineData("[\"model.layers.1.self_attn.q_proj\"]", "[1]", "q_proj", "1", null)]
    [InlineData("[\"v_proj\"]", "null", "v_proj", "5,4,3,2,1,0", null)]
    [InlineData("[\"v_proj\", \"down_proj\"]", "null", "down_proj", "", "lora_target_modules")]
    [InlineData("[\"v_proj\", \"down_proj\"]", "null", "", "", "lora_target_modules")]
    [InlineData("[\"v_proj\", \"down_proj\"]", "null", "down_proj,v_proj,x_proj", "", "lora_target_modules")]
    [InlineData("[\"v_proj\"]", "[3, 1]", "v_proj", "3", "layers_to_transform")]
    [InlineData("[\"v_proj\"]", "null", "v_proj", "0,1,2,3,4,5,6", "layers_to_transform")]
    public async Task Of_modules_and_layers_that_mean_those_of_the_adapter_may_be_given(
        string own, string ownLayers, string modules, string layers, string? wrong)
    {
        using var folder = new TempFolder();
        var config = Old;
        (config["target_modules"], config["layers_to_transform"]) = (JsonNode.Parse(own), JsonNode.Parse(ownLayers));
        await File.WriteAllTextAsync(folder[AdapterFiles.Config], config.ToJsonString(), Token);
        var table = RunSettings.Table;
        var (names, numbers) = (table.Of(nameof(TrainingSpec.LoraTargetModules)), table.Of(nameof(TrainingSpec.LayersToTransform)));
        var given = TinyStories.LoraSpec(1) with
        {
            LoraAlpha = 8,
            LoraTargetModules = (IReadOnlyList<string>)names.Parse(modules),
            LayersToTransform = (IReadOnlyList<int>)numbers.Parse(layers),
        };
        var request = TinyStories.Request(given) with
        {
            AdapterFolder = folder.Root,
            Given = layers.Length > 0 ? [names.Name, numbers.Name] : [names.Name],
        };
        if (wrong is not null)
        {
            var error = Assert.Throws<InvalidTrainingSettingException>(() => AdapterSettings.Of(request, TinyStories.Config));
            Assert.Equal(wrong, error.Setting);
            return;
        }

        var spec = AdapterSettings.Of(request, TinyStories.Config);
        var adapter = PeftFolder.ReadOptions(folder.Root);
        Assert.Equal(adapter.TargetModules, spec.LoraTargetModules);
        Assert.Equal(adapter.LayersToTransform, spec.LayersToTransform);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Open_refuses_by_name_what_it_cannot_do(string field, string value, string says)
    {
        using var folder = new TempFolder();
        var config = Old;
        config[field] = JsonNode.Parse(value);
        await WriteAsync(folder, config, TensorDType.F32, (_, _) => 3);
        var error = Assert.Throws<InvalidDataFileException>(() => PeftFolder.Open(folder.Root, TinyStories.Config, isNew: true));
        Assert.Contains($"adapter_config.json: field '{field}", error.Message, StringComparison.Ordinal);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);

        // A run of an older build may have begun with it.
        if (says.EndsWith("no module with an adapter", StringComparison.Ordinal)) PeftFolder.Open(folder.Root, TinyStories.Config).Dispose();
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

    // Versions that do not know a field refuse the file: these are the fields of LoraConfig in PEFT 0.10.
    [Fact]
    public void Write_fields_are_those_of_old_versions_too()
    {
        string[] known =
        [
            "alpha_pattern", "auto_mapping", "base_model_name_or_path", "bias", "fan_in_fan_out", "inference_mode", "init_lora_weights",
            "layer_replication", "layers_pattern", "layers_to_transform", "loftq_config", "lora_alpha", "lora_dropout", "megatron_config",
            "megatron_core", "modules_to_save", "peft_type", "r", "rank_pattern", "revision", "target_modules", "task_type", "use_dora",
            "use_rslora",
        ];
        var lora = new LoraOptions { UseDora = true, UseRslora = true, LayersToTransform = [1], Dropout = 0.1 };
        var json = JsonNode.Parse(PeftConfig.Write(lora, TinyStories.Config, TensorNames.AsInFamily, "model"))!.AsObject();
        Assert.Empty(json.Select(p => p.Key).Except(known));
    }

    // The module names of transformers today, of transformers before, and of the family.
    [Theory]
    [InlineData("model.language_model.")]
    [InlineData("language_model.model.")]
    [InlineData("model.")]
    [InlineData("")]
    public async Task Read_names_of_modules_in_a_multimodal_model_are_understood_and_written_again(string prefix)
    {
        using var folder = new TempFolder();
        await FamilyFolder.WriteAsync(folder["model"], "gemma3", Token);
        using var model = ModelFolder.Open(folder["model"]);
        var config = Old;
        config["target_modules"] = new JsonArray($"{prefix}layers.0.self_attn.q_proj", $"{prefix}layers.1.self_attn.q_proj");
        config["alpha_pattern"] = new JsonObject { [$"{prefix}layers.0.self_attn.q_proj"] = 64 };
        config["rank_pattern"] = new JsonObject { [$"{prefix}layers.1.self_attn.q_proj"] = 5 };
        await File.WriteAllTextAsync(folder[AdapterFiles.Config], config.ToJsonString(), Token);
        var lora = PeftFolder.ReadOptions(folder.Root);
        Assert.Null(lora.WrongTargets(model.Config));
        Assert.Equal([(3, 64.0 / 3), (5, 6.0 / 5)], Targets(lora));

        // With its tensors, which a folder must have.
        await WriteTensorsAsync(folder, TensorDType.F32, [.. Enumerable.Range(0, 2).SelectMany(layer => lora.Specs(model.Config, layer))
            .Select(s => ($"base_model.model.{s.Name.Replace("model.", "model.language_model.", StringComparison.Ordinal)}", s.Shape.ToArray(), 1f))]);
        using (var adapter = PeftFolder.Open(folder.Root, model.Config)) Assert.Equal(Targets(lora), Targets(adapter.Options));

        var written = JsonNode.Parse(PeftConfig.Write(lora, model.Config, model.Names, "model"))!;
        var loaded = prefix.Length == 0 ? "" : "model.language_model.";
        Assert.Equal(
            ["model.language_model.layers.0.self_attn.q_proj", "model.language_model.layers.1.self_attn.q_proj"],
            written["target_modules"]!.AsArray().Select(m => m!.GetValue<string>()));
        Assert.Equal($"{loaded}layers.0.self_attn.q_proj", Assert.Single(written["alpha_pattern"]!.AsObject()).Key);
        Assert.Equal($"{loaded}layers.1.self_attn.q_proj", Assert.Single(written["rank_pattern"]!.AsObject()).Key);
        Assert.Null(new LoraMethod().Check(TinyStories.LoraSpec(1) with { LoraTargetModules = [$"{prefix}layers.0.self_attn.q_proj"] }, model.Config));

        (int, double)[] Targets(LoraOptions options) =>
            [.. Enumerable.Range(0, model.Config.NumHiddenLayers).SelectMany(i => options.Targets(model.Config, i)).Select(t => (t.Rank, t.Scaling))];
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

        await WriteTensorsAsync(folder, dtype, tensors);
    }

    private static async Task WriteTensorsAsync(TempFolder folder, TensorDType dtype, IReadOnlyList<(string Name, long[] Shape, float Value)> tensors)
    {
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
