namespace LisaOrleans.Cli.Tests;

/// <summary>Settings that are out of place, on the command line and in files.</summary>
public sealed class SettingsInputTests
{
    public static TheoryData<string[], string> Wrong => new()
    {
        { ["--modle", "x"], "did you mean '--model'?" },
        { ["--bf16", "true"], "unknown option '--bf16'; use '--dtype' (" },
        { ["--bf16=true"], "unknown option '--bf16'; use '--dtype' (" },
        { ["surplus"], "'surplus' belongs to no option; several values of one have commas between them" },
        { ["--learning-rate", "NaN"], "--learning-rate is 'NaN'; it must be a number from 0 to 10" },
        { ["--learning-rate", "1e999"], "--learning-rate is '1e999'" },
        { ["--learning-rate", "-1e-3"], "--learning-rate is -0.001; it must be a number from 0 to 10" },
        { ["--learning-rate", "fast"], "--learning-rate is 'fast'" },
        { ["--learning_rate", "fast"], "--learning-rate is 'fast'" },
        { ["--lr", "1,5"], "--learning-rate is '1,5'" },
        { ["--lr", "1e-3", "--learning-rate", "1e-3"], "--learning-rate" },
        { ["--learning-rate"], "--learning-rate" },
        { ["--adam-beta1", "1"], "--adam-beta1" },
        { ["--lisa-strategy", "fixed"], "--lisa-fixed-layers" },
        { ["--lisa-strategy", "fixed", "--lisa-fixed-layers", "0,6"], "--lisa-fixed-layers is 6; it must be at most 5" },
        { ["--lisa-strategy", "fixed", "--lisa-fixed-layers", "0,-1"], "--lisa-fixed-layers is '0,-1'" },
        { ["--lisa-strategy", "fixed", "--lisa-fixed-layers", "0,99999999999"], "--lisa-fixed-layers is '0,99999999999'" },
        { ["--lisa-strategy", "fixed", "--lisa-fixed-layers", "2,2"], "--lisa-fixed-layers" },
        { ["--lisa-fixed-layers", "1"], "--lisa-fixed-layers is used only with --lisa-strategy fixed" },
        { ["--lisa-strategy", "fixed", "--lisa-fixed-layers", "1", "--lisa-activated-layers", "2"], "--lisa-activated-layers is not used "
            + "with --lisa-strategy fixed" },
        { ["--method", "full", "--lisa-interval-steps", "20"], "--lisa-interval-steps is not used with --method full" },
        { ["--method", "full", "--train-embeddings", "false"], "--train-embeddings is false, but --method full trains every parameter" },
        { ["--lisa-strategy", "random"], "--lisa-strategy is 'random'" },
        { ["--lisa-activated-layers", "7"], "--lisa-activated-layers" },
        { ["--lisa-activated-layers", "0", "--train-embeddings", "false"], "--lisa-activated-layers" },
        { ["--lisa-activated-layers", "1.5"], "--lisa-activated-layers is '1.5'" },
        { ["--method", "dora"], "--method is 'dora'" },
        { ["--method", "lora", "--lisa-interval-steps", "20"], "--lisa-interval-steps is not used with --method lora" },
        { ["--method", "lora", "--train-embeddings", "false"], "--train-embeddings is not used with --method lora" },
        { ["--method", "qlora", "--frozen-weights", "int8"], "--frozen-weights is not used with --method qlora" },
        { ["--lora-r", "4"], "--lora-r is used only with --method lora" },
        { ["--method", "lora", "--lora-target-modules", "q_prj"], "--lora-target-modules names 'q_prj'" },
        { ["--method", "lora", "--layers-to-transform", "0,6"], "--layers-to-transform names layer 6; the model's layers are 0 to 5" },
        { ["--packing", "maybe"], "--packing is 'maybe'" },
        { ["--max-steps", "0"], "--max-steps" },
        { ["--max-steps", "99999999999999999999"], "--max-steps is '99999999999999999999'; it must be a whole number from 1 to 2147483647" },
        { ["--num-train-epochs", "1e300"], "--num-train-epochs" },
        { ["--num-train-epochs", "0"], "--num-train-epochs" },
        { ["--save-steps", "-1"], "--save-steps" },
        { ["--eval-steps", "5"], "--eval-steps is 5, but there is no evaluation data: add --eval-data or --validation-split" },
        { ["--seed", "1", "--seed", "2"], "--seed" },
        { ["--seed", "-1"], "--seed is '-1'" },
        { ["--run-name", "../escape"], "--run-name is '../escape'" },
        { ["--run-name", ""], "--run-name is ''" },
        { ["--log-format", "xml"], "--log-format is 'xml'" },
        { ["--template", "none"], "--template is 'none'" },
        { ["--dtype", "int4"], "--dtype is 'int4'" },
        { ["--eval-data", ""], "--eval-data is ''" },
        { ["--adapter", "qlora"], "/qlora; for a new adapter give --method qlora instead" },
        { ["--lr-scheduler-type", "constant", "--warmup-ratio", "0.03"], "or leave --warmup-ratio out" },
    };

    public static TheoryData<string, string> WrongFiles => new()
    {
        { "max_step: 5", "line 1: unknown key 'max_step'; did you mean 'max_steps'?" },
        { "load_in_4bit: true", "line 1: unknown key 'load_in_4bit'; --frozen-weights nf4 or int8 keeps" },
        { "bf16: true", "line 1: unknown key 'bf16'; use 'dtype' (" },
        { "seed: 5\n\nmax_steps: x", "line 3: max_steps is 'x'" },
        { "seed: 5\nlearning_rate: .nan", "line 2: learning_rate is '.nan'" },
        { "lr: fast", "line 1: lr is 'fast'" },
        { "lr: 1e-3\nlearning_rate: 1e-3", "line 2: 'learning_rate' is 'lr'" },
        { "seed: 017", "line 1: seed is 017, which YAML 1.1 reads as octal" },
        { "lisa_strategy: fixed\nlisa_fixed_layers: [0, 01]", "line 2: lisa_fixed_layers is 01" },
        { "lisa_strategy: fixed\nlisa_fixed_layers: [0, ~]", "line 2: 'lisa_fixed_layers'" },
        { "seed: 0x11", "line 1: seed is '0x11'" },
        { "run_name: ''", "line 1: run_name is ''" },
        { "method: 'null'", "line 1: method is 'null'" },
        { "lisa_fixed_layers: [1]", "line 1: lisa_fixed_layers is used only with --lisa-strategy fixed" },
        { "method: full\nlisa_strategy: uniform", "line 2: lisa_strategy is not used with method full" },
        { "seed: 5\nseed: 6", "line 2" },
        { "seed: {a: 1}", "line 1: 'seed'" },
        { "learning_rate: [1e-3]", "line 1: 'learning_rate' must be one value" },
        { "sample_prompt: [a, b]", "line 1: 'sample_prompt' must be one value" },
        { "keep_manifests: [base, {}]", "line 1: 'keep_manifests' must be a value or a list of values" },
        { "ignore_fields: [a, 'b,c']", "line 1: 'ignore_fields' has an item with a comma, 'b,c'" },
        { "mask_samples: \"a\\0b\"", "line 1: mask_samples is 'a\uFFFDb'; it must be a path" },
        { "packing: yes", "line 1: packing is 'yes'" },
        { "lisa_strategy: fixed\nlisa_fixed_layers: [0, 6]", "line 2: lisa_fixed_layers" },
        { "[a, b]: c", "line 1: a key must be a word" },
        { "- seed", "one mapping" },
        { "", "one mapping" },
        { "seed: 1\n---\nseed: 2", "one mapping" },
        { "\0\u0001", "settings.yaml: " },
        { "seed: 'x", "settings.yaml: line" },
        { "seed: *nobody", "settings.yaml: line" },
        { "seed: 18446744073709551616", "line 1: seed is '18446744073709551616'; it must be a whole number from 0 to 18446744073709551615" },
        { "run_name: !env NAME", "line 1: 'run_name' has the tag !env, which means nothing here" },
        { "run_name: a\n\tseed: 1", "(line 2 begins with a tab; YAML wants spaces)" },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Train_wrong_flag_is_refused(string[] flags, string says)
    {
        using var folder = new TempFolder();
        string[] command = ["train", "--model", Sample.Model, "--data", Sample.Data, "--output", folder["out"], .. flags];
        await LisaMain.RefusesAsync(command, says);
        Sample.HasNoFiles(folder["out"]);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("1025")]
    [InlineData("5000000000")]
    public async Task Train_eval_and_generate_impossible_number_of_threads_is_refused(string threads)
    {
        using var folder = new TempFolder();
        await LisaMain.RefusesAsync(
            ["train", "--model", Sample.Model, "--data", Sample.Data, "--output", folder["out"], "--threads", threads], "--threads is ");
        await LisaMain.RefusesAsync(["eval", "--model", Sample.Model, "--data", Sample.Data, "--threads", threads], "--threads is ");
        await LisaMain.RefusesAsync(["generate", "--model", Sample.Model, "--prompt", "x", "--threads", threads], "--threads is ");
        Sample.HasNoFiles(folder["out"]);
    }

    [Theory]
    [MemberData(nameof(WrongFiles))]
    public async Task Train_wrong_settings_file_is_refused(string yaml, string says)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["settings.yaml"], yaml, Token);
        await LisaMain.RefusesAsync(
            ["train", "--config", folder["settings.yaml"], "--model", Sample.Model, "--data", Sample.Data, "--output", folder["out"]],
            "settings.yaml: ", says);
        Sample.HasNoFiles(folder["out"]);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public async Task Train_settings_file_of_a_hundred_thousand_levels_is_refused(string level)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["settings.yaml"], "seed:\n  " + string.Concat(Enumerable.Repeat(level, 100_000)), Token);
        await Lisa.RefusesAsync(["train", "--config", folder["settings.yaml"]], "settings.yaml: line");
    }

    [Fact]
    public async Task Train_missing_settings_file_is_refused()
    {
        using var folder = new TempFolder();
        await LisaMain.RefusesAsync(["train", "--config", folder["nope.yaml"]], "--config", folder["nope.yaml"]);
        await LisaMain.RefusesAsync(["train", "--config", folder.Root], "--config", folder.Root);
    }

    [Fact]
    public async Task Program_missing_command_or_model_is_refused()
    {
        using var folder = new TempFolder();
        await Lisa.RefusesAsync([]);
        await Lisa.RefusesAsync(["tarin"], "tarin");
        await Lisa.RefusesAsync(["train"], "--model");
        await Lisa.RefusesAsync(Sample.Train(folder["out"], folder["nope"]), Path.Combine(folder["nope"], "config.json"), "no such file");
        await Lisa.RefusesAsync(Sample.Train(folder["out"], Path.Combine(Sample.Model, "config.json")), "config.json: is a file; the Hugging Face");
        await Lisa.RefusesAsync(["train", "--model", "", "--data", "x", "--output", folder["out"]], "--model is ''");
        await Lisa.RefusesAsync(["plan", "--model", folder["nope"]], Path.Combine(folder["nope"], "config.json"));
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Theory]
    [InlineData("257", "at most 256")]
    [InlineData("1", "from 2")]
    [InlineData("0", "from 2")]
    [InlineData("9999999999", "from 2")]
    public async Task Train_eval_and_plan_impossible_block_size_is_refused(string size, string wanted)
    {
        using var folder = new TempFolder();
        string[] says = ["--block-size is ", size, wanted];
        await LisaMain.RefusesAsync(["train", "--model", Sample.Model, "--data", Sample.Data, "--output", folder["out"], "--block-size", size], says);
        await LisaMain.RefusesAsync(["eval", "--model", Sample.Model, "--data", Sample.Data, "--block-size", size], says);
        await LisaMain.RefusesAsync(["plan", "--model", Sample.Model, "--block-size", size], says);
        Assert.False(Directory.Exists(folder["out"]));
    }
}
