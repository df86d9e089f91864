using System.Reflection;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli.Tests;

public sealed class SettingsFileTests
{
    private const string Everything = """
        run_name: other
        method: lisa
        lisa_interval_steps: 7
        lisa_warmup_steps: 2
        lisa_keep_optimizer_state: true
        lisa_strategy: fixed
        lisa_fixed_layers: [1, 4]
        max_steps: 1
        num_train_epochs: 2.5
        learning_rate: 1e-2
        lr_scheduler_type: cosine
        warmup_ratio: 0.5
        warmup_steps: 1
        weight_decay: 0.25
        max_grad_norm: 0.5
        adam_beta1: 0.8
        adam_beta2: 0.9
        adam_epsilon: 1e-6
        per_device_train_batch_size: 3
        gradient_accumulation_steps: 2
        gradient_lanes: 1
        replicas: 2
        block_size: 128
        packing: true
        seed: 9
        dtype: bfloat16
        compute_dtype: float32
        optimizer_state_dtype: bfloat16
        stochastic_rounding: true
        optim: muon
        frozen_weights: mapped
        gradient_checkpointing: true
        save_steps: 12
        eval_steps: 6
        save_total_limit: 3
        load_best_model_at_end: true
        metric_for_best_model: eval_loss
        greater_is_better: true
        early_stopping_patience: 2
        early_stopping_threshold: 0.125
        threads: 1
        train_embeddings: false
        template: chatml
        mask_samples: masked.txt
        priority: 3
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Config_every_setting_of_the_file_reaches_the_run()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["all.yaml"], Everything, Token);
        await File.WriteAllTextAsync(folder["masked.txt"], "7\n2\n\n7\n", Token);
        await Lisa.SucceedsAsync(
            "train", "--config", folder["all.yaml"], "--model", Sample.Model, "--data", Sample.Data, "--eval-data", Sample.HeldOut,
            "--output", folder["out"]);

        var given = await Spec(folder["out/lisa-store"], "other");
        var otherwise = new TrainingSpec { RunName = "default", BlockSize = 256, Dtype = "float32", Threads = 2 };
        // The layers are given rather than their number; and no method, optimizer and objective has all these settings.
        string[] defaults =
        [
            nameof(TrainingSpec.Method), nameof(TrainingSpec.LisaActivatedLayers), nameof(TrainingSpec.PadTokenId),
            nameof(TrainingSpec.BadamSwitchInterval), nameof(TrainingSpec.GaloreRank), nameof(TrainingSpec.GaloreUpdateProjGap),
            nameof(TrainingSpec.GaloreScale), nameof(TrainingSpec.ApolloRank), nameof(TrainingSpec.ApolloUpdateProjGap),
            nameof(TrainingSpec.ApolloScale), nameof(TrainingSpec.ApolloScaleType), nameof(TrainingSpec.LoraRankPattern),
            nameof(TrainingSpec.LoraAlphaPattern), nameof(TrainingSpec.Objective), nameof(TrainingSpec.Beta),
            nameof(TrainingSpec.LabelSmoothing), nameof(TrainingSpec.KeepsSmallMoments), nameof(TrainingSpec.RevisedUpdates),
            nameof(TrainingSpec.DecaysSinks), nameof(TrainingSpec.NoPaddingGradient),

            // What save_total_limit says instead.
            nameof(TrainingSpec.KeepManifests),
        ];
        foreach (var property in typeof(TrainingSpec).GetProperties()
            .Where(p => p.CanWrite && !defaults.Contains(p.Name) && p.GetCustomAttributes<UsedOnlyWithAttribute>().All(u => u.Value != TrainingMethods.Lora)))
        {
            Assert.True(Text(property.GetValue(otherwise)) != Text(property.GetValue(given)), property.Name);
        }

        Assert.Equal((0.01, 9UL, 128, "cosine"), (given.LearningRate, given.Seed, given.BlockSize, given.LrSchedulerType));
        Assert.Equal([1, 4], given.LisaFixedLayers);
        Assert.Equal([2, 7], given.MaskSamples);

        static string Text(object? value) => JsonSerializer.Serialize(value);
    }

    [Fact]
    public async Task Config_yields_to_a_flag_and_wins_over_the_default_and_its_paths_are_relative_to_its_folder()
    {
        using var folder = new TempFolder();
        Sample.CopyModel(folder);
        Directory.CreateDirectory(folder["settings"]);
        File.Copy(Sample.HeldOut, folder["settings/data.jsonl"]);
        await File.WriteAllTextAsync(
            folder["settings/s.yaml"],
            "max_steps: 3\nwarmup_steps: 3\nseed: 7\npacking: true\nthreads: 1\noutput: wrong\nstore: ../store\nmodel: ../model\ndata: data.jsonl\n"
                + "overwrite: true", Token);
        await Lisa.SucceedsAsync(
            "train", "--config", folder["settings/s.yaml"], "--output", folder["out"], "--max-steps", "2", "--packing", "false", "--warmup-ratio",
            "0.5");

        var spec = await Spec(folder["store"], "default");
        Assert.Equal((2L, 7UL, false, 8), (spec.MaxSteps!.Value, spec.Seed, spec.Packing, spec.PerDeviceTrainBatchSize));
        Assert.Equal((0.5, 0L), (spec.WarmupRatio, spec.WarmupSteps));
        Assert.Equal([1, 2], RunFolder.Steps(folder["out"]));
        Assert.False(Directory.Exists(folder["settings/wrong"]));
    }

    // As transformers' TrainingArguments have it by default.
    [Fact]
    public async Task Config_steps_below_0_are_left_out()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["settings.yaml"], "max_steps: -1\nnum_train_epochs: 2", Token);
        var values = new SettingValues();
        SettingsFile.Read(folder["settings.yaml"], KnownSettings.Train, values);
        values.Check(KnownSettings.Train);
        Assert.Equal((null, 2), (values.Spec().MaxSteps, values.Spec().NumTrainEpochs));
    }

    [Theory]
    [InlineData("max_steps: 3", "num_train_epochs", "2")]
    [InlineData("warmup_steps: 3", "warmup_ratio", "0.5")]
    [InlineData("keep_manifests: all", "save_total_limit", "2")]
    [InlineData("save_total_limit: 2", "keep_manifests", "all")]
    public async Task Config_what_would_override_a_flag_yields_to_it(string file, string name, string value)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["settings.yaml"], file, Token);
        var setting = KnownSettings.Train.Single(s => s.Key == name);
        var overrider = RunSettings.Table.Find(file.Split(':')[0])!;
        Assert.Equal(overrider.Default, overrider.Get(Read(SettingSource.Flag)));
        Assert.Equal(value, TrainingSetting.Format(setting.Training!.Get(Read(SettingSource.Flag))));

        // In one place, or where the file has precedence, the one overrides the other as ever.
        foreach (var source in (SettingSource[])[SettingSource.File, SettingSource.Environment])
            Assert.NotEqual(overrider.Default, overrider.Get(Read(source)));

        TrainingSpec Read(SettingSource source)
        {
            var values = new SettingValues();
            if (source == SettingSource.Flag) values.Add(source, setting, value, "--flag", "--flag", folder.Root);
            SettingsFile.Read(folder["settings.yaml"], KnownSettings.Train, values);
            if (source != SettingSource.Flag) values.Add(source, setting, value, "elsewhere", "elsewhere", folder.Root);
            values.Check(KnownSettings.Train);
            return values.Spec();
        }
    }

    [Fact]
    public async Task Config_empty_values_leave_a_setting_alone_and_aliases_are_understood()
    {
        using var folder = new TempFolder();
        const string Text = """
            model_name_or_path: ~
            max_steps: 1
            num_epochs: null
            lr: 1e-2
            sample_prompt: NULL
            seed:
            lisa_strategy: ~
            lisa_fixed_layers:
            packing: True
            text_field: 'null'
            threads: 1
            """;
        await File.WriteAllTextAsync(folder["settings.yaml"], Text, Token);
        await File.WriteAllTextAsync(folder["texts.jsonl"], string.Concat(Enumerable.Repeat("{\"null\": \"One day a fox ran.\"}\n", 20)), Token);
        await Lisa.SucceedsAsync(
            "train", "--config", folder["settings.yaml"], "--model", Sample.Model, "--data", folder["texts.jsonl"], "--output_dir", folder["out"]);
        var spec = await Spec(folder["out/lisa-store"], "default");
        Assert.Equal(
            (1L, 1.0, 0.01, 42UL, "uniform", true),
            (spec.MaxSteps!.Value, spec.NumTrainEpochs, spec.LearningRate, spec.Seed, spec.LisaStrategy, spec.Packing));
        Assert.Contains("text_field null", spec.DataDescription, StringComparison.Ordinal);
    }

    private static async Task<TrainingSpec> Spec(string folder, string run)
    {
        var store = new FolderBlobStore(folder);
        var head = await RunStore.ReadHeadAsync(store, run, Token);
        var manifest = await RunStore.ReadManifestAsync(store, head!.Manifest!, Token);
        using var blob = await store.ReadAsync(manifest.Spec, Token);
        return JsonSerializer.Deserialize<TrainingSpec>(blob.ToArray())!;
    }
}
