using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using LisaOrleans.Model;
using LisaOrleans.Training;
using TorchSharp;

namespace LisaOrleans.Grains.Tests;

/// <summary>LoRA through store, grains and export.</summary>
public sealed class LoraMethodTests
{
    private static readonly TrainingSpec s_spec = TinyStories.LoraSpec(9) with { GradientAccumulationSteps = 2, WarmupSteps = 2, WeightDecay = 0.1 };

    private static readonly Dictionary<string, TrainingSpec> s_runs = new()
    {
        ["lora"] = s_spec,
        ["rslora, all-linear, bfloat16, dropout"] = s_spec with
        {
            UseRslora = true,
            LoraTargetModules = [LoraOptions.AllLinear],
            Dtype = "bfloat16",
            LoraDropout = 0.2,
        },
        ["dora, some layers, dropout, recomputed"] = s_spec with
        {
            UseDora = true,
            LayersToTransform = [4, 1],
            LoraDropout = 0.1,
            GradientCheckpointing = true,
        },
        ["float16, packed, bfloat16 moments"] = s_spec with { Dtype = "float16", Packing = true, OptimizerStateDtype = "bfloat16" },
        ["dora over nf4, dropout"] = s_spec with { FrozenWeights = "nf4", UseDora = true, LoraDropout = 0.1, Dtype = "bfloat16" },
        ["dora, bfloat16 computed in float32"] = s_spec with { UseDora = true, LoraDropout = 0.1, Dtype = "bfloat16", ComputeDtype = "float32" },
        ["over mapped weights"] = s_spec with { FrozenWeights = "mapped", LoraTargetModules = [LoraOptions.AllLinear] },
        ["of some layers by name"] = s_spec with
        {
            LoraTargetModules = ["model.layers.1.self_attn.q_proj", "layers.4.mlp.down_proj"],
            LayersToTransform = [0, 1, 4],
        },
        ["8-bit moments"] = s_spec with { Optim = "adamw-8bit", UseDora = true },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Runs => [.. s_runs.Keys];

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task LoraMethod_in_grains_after_pauses_has_the_bits_of_the_reference(string name)
    {
        using var run = await TestRun.ImportAsync(s_runs[name]);
        foreach (var step in (long[])[1, 4]) Assert.Equal(RunState.Paused, (await run.ContinueAsync(pauseAt: step)).State);
        await run.FinishAsync();
        var history = await run.HistoryAsync();
        var weights = await run.WeightsAsync();
        Assert.True(history.TakeLast(3).Average(s => s.Loss) < history.Take(3).Average(s => s.Loss), "it does not learn");

        var manifest = await run.ManifestAsync();
        var spec = await RunFiles.ReadSpecAsync(run.Store, manifest, Token);
        var data = await DatasetStorage.Read(run.Store, manifest.Dataset!, TinyStories.Config.VocabSize, Token);
        Replay();

        // No await between here and the end: Torch's number of threads is set for this thread only.
        void Replay()
        {
            torch.set_num_threads(spec.Threads);
            using var trainer = new ReferenceTrainer(TinyStories.Model, data, spec, torch.CPU);
            foreach (var record in history) Assert.Equal((record.Loss, record.GradNorm), trainer.Step(record.Step));
            var compared = 0;
            foreach (var tensor in trainer.Finish())
            {
                using var value = tensor.Value;
                if (!tensor.Name.Contains(".lora_", StringComparison.Ordinal)) continue;
                Assert.True(weights[$"base_model.model.{tensor.Name}"].AsSpan().SequenceEqual(MemoryMarshal.AsBytes(value.bytes)), tensor.Name);
                compared++;
            }

            Assert.Equal(weights.Count, compared);
        }
    }

    [Fact]
    public async Task QloraMethod_is_lora_over_nf4_to_the_bit()
    {
        var spec = s_spec with { Dtype = "bfloat16", LoraDropout = 0.1 };
        using var qlora = await TestRun.TrainAsync(spec with { Method = TrainingMethods.Qlora });
        using var over = await TestRun.TrainAsync(spec with { FrozenWeights = "nf4" });
        using var whole = await TestRun.TrainAsync(spec);
        Assert.Equal((await over.HistoryAsync()).Select(s => s.Loss), (await qlora.HistoryAsync()).Select(s => s.Loss));
        Assert.Equal(await over.WeightsShaAsync(), await qlora.WeightsShaAsync());
        Assert.NotEqual(await whole.WeightsShaAsync(), await qlora.WeightsShaAsync());
        Assert.EndsWith("; frozen layers in NF4", Methods.Describe(spec with { Method = TrainingMethods.Qlora }), StringComparison.Ordinal);
        Assert.Equal(
            RunCapacity.Estimate(spec with { FrozenWeights = "nf4" }, TinyStories.Config),
            RunCapacity.Estimate(spec with { Method = TrainingMethods.Qlora }, TinyStories.Config));
    }

    [Fact]
    public async Task LoraMethod_writes_only_adapters_and_keeps_the_models_blobs()
    {
        // Whole names, which other layers have no module of.
        string[] targets =
        [
            .. from layer in (int[])[0, 3] from name in (string[])["q_proj", "v_proj"] select $"model.layers.{layer}.self_attn.{name}",
        ];
        var spec = s_spec with { LoraTargetModules = targets, SaveSteps = 2 };
        using var run = await TestRun.ImportAsync(spec);
        var first = await run.ManifestAsync();
        var seen = new List<TrainingEvent>();
        await run.ContinueAsync(pauseAt: 5, seen: seen);
        var paused = await run.ManifestAsync();
        var names = await run.StateNamesAsync("layer-3");
        await run.ContinueAsync(after: null, seen: seen);
        var last = await run.ManifestAsync();

        Assert.True(last.Completed);
        Assert.All(last.Parts, p => Assert.Equal(first.Parts[p.Key].Weights, p.Value.Weights));
        Assert.Equal(["layer-0", "layer-3"], paused.Parts.Where(p => p.Value.Optimizer is not null).Select(p => p.Key).Order());
        Assert.All(last.Parts.Values, p => Assert.Null(p.Optimizer));
        Assert.Equal(["layer-0", "layer-3"], last.Parts.Where(p => p.Value.Adapter is not null).Select(p => p.Key).Order());
        Assert.All(names, n => Assert.Contains(".lora_", n, StringComparison.Ordinal));
        Assert.Equal(2 * 2 * 3, names.Count);
        var numbers = TinyStories.Config.HiddenSize * 8L * 4 * 2;
        Assert.All(seen.OfType<ManifestSaved>(), m => Assert.InRange(m.BytesWritten, 1, (numbers * 12) + (64 << 10)));

        var history = await run.HistoryAsync();
        Assert.All(history, s => Assert.Equal([0, 3], s.ActiveLayers));
        Assert.All(history, s => Assert.Equal(2, s.LayerGradNorms.Count));
        var adapter = await run.ExportAsync();
        Assert.Equal(targets, PeftFolder.ReadOptions(adapter).TargetModules);
        Assert.Equal(
            targets.SelectMany(t => (string[])[$"base_model.model.{t}.lora_A.weight", $"base_model.model.{t}.lora_B.weight"]).Order(),
            TestRun.ReadWeights(adapter).Keys.Order());
        int[] ids = [5, 9, 300, 21, 7];
        using var both = ModelLoader.Load(TinyStories.Model, null, adapter);
        Assert.InRange(Distance(Logits(both, ids), Logits(PeftReader.Merge(TinyStories.Model, adapter), ids)), 0, 1e-3);
    }

    [Fact]
    public async Task LoraMethod_the_exported_folder_has_PEFTs_names_and_merges_to_the_same_logits()
    {
        using var folder = new TempFolder();
        using var run = await TestRun.TrainAsync(s_spec with { UseDora = true, UseRslora = true, LoraTargetModules = ["q_proj", "down_proj"] });
        var adapter = await run.ExportAsync();
        using (var json = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(adapter, "adapter_config.json"), Token)))
        {
            var config = json.RootElement;
            Assert.Equal(("LORA", "CAUSAL_LM", TinyStories.Model, "none"), (
                config.GetProperty("peft_type").GetString(), config.GetProperty("task_type").GetString(),
                config.GetProperty("base_model_name_or_path").GetString(), config.GetProperty("bias").GetString()));
            Assert.Equal((8, 16.0), (config.GetProperty("r").GetInt32(), config.GetProperty("lora_alpha").GetDouble()));
            Assert.True(config.GetProperty("use_dora").GetBoolean() && config.GetProperty("use_rslora").GetBoolean());
            Assert.Equal(["q_proj", "down_proj"], config.GetProperty("target_modules").EnumerateArray().Select(e => e.GetString()));
        }

        string[] expected =
        [
            .. from layer in Enumerable.Range(0, TinyStories.Layers)
               from module in (string[])["self_attn.q_proj", "mlp.down_proj"]
               from tensor in (string[])["lora_A.weight", "lora_B.weight", "lora_magnitude_vector"]
               select $"base_model.model.model.layers.{layer}.{module}.{tensor}",
        ];
        Assert.Equal(expected.Order(), TestRun.ReadWeights(adapter).Keys.Order());
        Assert.False(File.Exists(Path.Combine(adapter, "config.json")));
        Assert.True(File.Exists(Path.Combine(adapter, "tokenizer.json")) || File.Exists(Path.Combine(adapter, "tokenizer.model")));

        await ModelMerger.MergeAsync(TinyStories.Model, adapter, null, folder["merged"], Token);
        var stored = await RunModel.FindAsync(run.Store, "test", Token);
        int[] ids = [5, 9, 300, 21, 7, 44, 3];
        using var own = await stored!.LoadAsync(Token);
        using var merged = ModelLoader.Load(folder["merged"], null);
        using var both = ModelLoader.Load(TinyStories.Model, null, adapter);
        using var plain = ModelLoader.Load(TinyStories.Model, null);
        var (a, b, c, d) = (Logits(own, ids), Logits(merged, ids), Logits(both, ids), Logits(plain, ids));
        Assert.Equal(a, c);
        Assert.InRange(Distance(a, b), 0, 1e-3);
        Assert.InRange(Distance(a, d), 0.1, double.MaxValue);
        Assert.InRange(Distance(a, Logits(PeftReader.Merge(TinyStories.Model, adapter), ids)), 0, 1e-3);
    }

    // Fused maps, and matrices stored as [input, output].
    [Theory]
    [InlineData("phi3", "model.layers.0.self_attn.qkv_proj", "model.layers.0.mlp.gate_up_proj")]
    [InlineData("gpt2", "transformer.h.0.attn.c_attn", "transformer.h.0.mlp.c_fc")]
    [InlineData("gemma2", "model.layers.0.self_attn.q_proj", "model.layers.0.mlp.down_proj")]
    public async Task LoraMethod_each_kind_of_family_merges_to_the_same_logits(string family, string attention, string feedForward)
    {
        using var folder = new TempFolder();
        await FamilyFolder.WriteAsync(folder["model"], family, Token);
        using var run = await TestRun.TrainAsync(
            s_spec with { BlockSize = 16, LoraTargetModules = [LoraOptions.AllLinear], UseDora = true }, folder["model"]);
        var adapter = await run.ExportAsync();
        var names = TestRun.ReadWeights(adapter).Keys;
        foreach (var module in (string[])[attention, feedForward]) Assert.Contains($"base_model.model.{module}.lora_B.weight", names);

        await ModelMerger.MergeAsync(folder["model"], adapter, null, folder["merged"], Token);
        Assert.Equal(TestRun.ReadWeights(folder["model"]).Keys.Order(), TestRun.ReadWeights(folder["merged"]).Keys.Order());
        int[] ids = [3, 1, 4, 1, 5, 9, 2, 6];
        using var merged = ModelLoader.Load(folder["merged"], null);
        using var independent = new CausalLanguageModel(
            merged.Config, PartDtypes.Parse("float32", "float32"), PeftReader.Merge(folder["model"], adapter));
        using var both = ModelLoader.Load(folder["model"], null, adapter);
        using var plain = ModelLoader.Load(folder["model"], null);
        var (a, b, c, d) = (Logits(merged, ids), Logits(independent, ids), Logits(both, ids), Logits(plain, ids));
        Assert.InRange(Distance(a, b), 0, 1e-3);
        Assert.InRange(Distance(a, c), 0, 1e-3);
        Assert.InRange(Distance(a, d), 1e-2, double.MaxValue);
    }

    [Fact]
    public async Task LoraMethod_text_model_of_a_multimodal_one_has_the_names_of_its_modules()
    {
        using var folder = new TempFolder();
        await FamilyFolder.WriteAsync(folder["model"], "gemma3", Token);
        using var run = await TestRun.TrainAsync(s_spec with { BlockSize = 16, MaxSteps = 1 }, folder["model"]);
        var adapter = await run.ExportAsync();
        Assert.Contains("base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight", TestRun.ReadWeights(adapter).Keys);
        using var both = ModelLoader.Load(folder["model"], null, adapter);

        // In full: the vision tower has modules with the same last pieces.
        Assert.Equal(
            Enumerable.Range(0, both.Config.NumHiddenLayers).SelectMany(layer => (string[])
                [$"model.layers.{layer}.self_attn.q_proj", $"model.layers.{layer}.self_attn.v_proj"]),
            PeftFolder.ReadOptions(adapter).TargetModules);
        Assert.Contains(
            "\"model.language_model.layers.0.self_attn.q_proj\"",
            await File.ReadAllTextAsync(Path.Combine(adapter, "adapter_config.json"), Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AdapterFolder_run_begins_with_its_numbers_and_goes_on_with_no_other()
    {
        using var folder = new TempFolder();
        using var first = await TestRun.TrainAsync(s_spec with { UseDora = true, LoraDropout = 0.1, LoraR = 4 });
        var adapter = await first.ExportAsync();
        var json = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(adapter, "adapter_config.json"), Token))!.AsObject();
        json["alpha_pattern"] = new JsonObject { ["layers.1.self_attn.v_proj"] = 5 };
        await File.WriteAllTextAsync(Path.Combine(adapter, "adapter_config.json"), json.ToJsonString(), Token);

        var request = TinyStories.Request(TinyStories.LoraSpec(2)) with { AdapterFolder = adapter };
        using var second = await TestRun.ImportAsync(request);
        var spec = await RunFiles.ReadSpecAsync(second.Store, await second.ManifestAsync(), Token);
        Assert.Equal((4, true, 0.1), (spec.LoraR, spec.UseDora, spec.LoraDropout));
        var begun = await second.ExportAsync();
        Assert.Equal(TestRun.ReadWeights(adapter), TestRun.ReadWeights(begun));
        int[] ids = [5, 9, 300, 21, 7];
        using (var a = ModelLoader.Load(TinyStories.Model, null, adapter))
        using (var b = ModelLoader.Load(TinyStories.Model, null, begun)) Assert.Equal(Logits(a, ids), Logits(b, ids));
        await second.FinishAsync();
        Assert.True((await second.HistoryAsync())[0].Loss < (await first.HistoryAsync())[0].Loss - 0.1, "it begins anew");

        var other = await first.ExportAsync();
        Assert.Contains("lora_alpha_pattern: ", (await Refused<RunExistsException>(request with { AdapterFolder = other })).Message, StringComparison.Ordinal);
        Assert.Contains("adapter: was sha256", (await Refused<RunExistsException>(request with
        {
            AdapterFolder = null,
            Spec = spec with { Threads = 1 },
        })).Message, StringComparison.Ordinal);
        Assert.Equal("lora_r", (await Refused<InvalidTrainingSettingException>(request with { Spec = request.Spec with { LoraR = 16 } })).Setting);
        Assert.Equal("method", (await Refused<InvalidTrainingSettingException>(request with { Spec = TinyStories.Spec(2) })).Setting);

        // What is given counts, also where it is the default.
        foreach (var given in (string[])["lora_r", "use_dora"])
            Assert.Equal(given, (await Refused<InvalidTrainingSettingException>(request with { Given = [given] })).Setting);
        using var dry = await TestRun.ImportAsync(request with { Given = ["lora_dropout", "lora_target_modules"] });
        Assert.Equal(0, (await RunFiles.ReadSpecAsync(dry.Store, await dry.ManifestAsync(), Token)).LoraDropout);

        Task<T> Refused<T>(RunRequest wrong)
            where T : Exception => Assert.ThrowsAsync<T>(() => RunImporter.ImportAsync(second.Store, wrong, null, Token));
    }

    private static float[] Logits(CausalLanguageModel model, int[] ids)
    {
        using var logits = model.Logits(ids);
        return logits.data<float>().ToArray();
    }

    private static float[] Logits(Dictionary<string, torch.Tensor> weights, int[] ids)
    {
        using var model = new CausalLanguageModel(TinyStories.Config, PartDtypes.Parse("float32", "float32"), weights);
        return Logits(model, ids);
    }

    private static double Distance(float[] a, float[] b) => a.Zip(b).Max(p => Math.Abs(p.First - (double)p.Second));
}
