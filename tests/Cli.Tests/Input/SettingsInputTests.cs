namespace LisaOrleans.Cli.Tests;

/// <summary>Settings that are out of place, on the command line and in files.</summary>
public sealed class SettingsInputTests
{
    public static TheoryData<string[], string> Wrong => new()
    {
        { ["--modle", "x"], "--modle" },
        { ["surplus"], "surplus" },
        { ["--learning-rate", "NaN"], "--learning-rate: 'NaN'" },
        { ["--learning-rate", "1e999"], "--learning-rate: '1e999'" },
        { ["--learning-rate", "-1e-3"], "--learning-rate: learning_rate is -0.001" },
        { ["--learning-rate", "fast"], "--learning-rate: 'fast'" },
        { ["--learning-rate"], "--learning-rate" },
        { ["--adam-beta1", "1"], "--adam-beta1" },
        { ["--lisa-strategy", "fixed"], "--lisa-fixed-layers" },
        { ["--lisa-strategy", "fixed", "--lisa-fixed-layers", "0,6"], "--lisa-fixed-layers: lisa_fixed_layers is 6; it must be from 0 to 5" },
        { ["--lisa-strategy", "fixed", "--lisa-fixed-layers", "0,-1"], "--lisa-fixed-layers: '0,-1'" },
        { ["--lisa-strategy", "fixed", "--lisa-fixed-layers", "0,99999999999"], "--lisa-fixed-layers: '0,99999999999'" },
        { ["--lisa-strategy", "fixed", "--lisa-fixed-layers", "2,2"], "--lisa-fixed-layers" },
        { ["--lisa-strategy", "random"], "--lisa-strategy: 'random'" },
        { ["--lisa-activated-layers", "7"], "--lisa-activated-layers" },
        { ["--lisa-activated-layers", "0", "--train-embeddings", "false"], "--lisa-activated-layers" },
        { ["--lisa-activated-layers", "1.5"], "--lisa-activated-layers: '1.5'" },
        { ["--method", "lora"], "--method: 'lora'" },
        { ["--packing", "maybe"], "--packing: 'maybe'" },
        { ["--max-steps", "0"], "--max-steps" },
        { ["--max-steps", "99999999999999999999"], "--max-steps: '99999999999999999999'" },
        { ["--num-train-epochs", "1e300"], "--num-train-epochs" },
        { ["--num-train-epochs", "0"], "--num-train-epochs" },
        { ["--save-steps", "-1"], "--save-steps" },
        { ["--seed", "1", "--seed", "2"], "--seed" },
        { ["--run-name", "../escape"], "run name '../escape'" },
        { ["--run-name", ""], "run name ''" },
        { ["--log-format", "xml"], "--log-format: 'xml'" },
        { ["--template", "none"], "--template: 'none'" },
        { ["--dtype", "int4"], "--dtype: 'int4'" },
        { ["--eval-data", ""], "--eval-data: ''" },
    };

    public static TheoryData<string, string> WrongFiles => new()
    {
        { "max_step: 5", "line 1: unknown key 'max_step'; did you mean 'max_steps'?" },
        { "seed: 5\n\nmax_steps: x", "line 3: max_steps: 'x'" },
        { "seed: 5\nlearning_rate: .nan", "line 2: learning_rate: '.nan'" },
        { "seed: 5\nseed: 6", "line 2" },
        { "seed:", "line 1: seed" },
        { "seed: {a: 1}", "line 1: 'seed'" },
        { "packing: yes", "line 1: packing: 'yes'" },
        { "lisa_strategy: fixed\nlisa_fixed_layers: [0, 6]", "line 2: lisa_fixed_layers" },
        { "[a, b]: c", "line 1: a key must be a word" },
        { "- seed", "one mapping" },
        { "", "one mapping" },
        { "seed: 1\n---\nseed: 2", "one mapping" },
        { "\0\u0001", "settings.yaml: " },
        { "seed: 'x", "settings.yaml: line" },
        { "seed: *nobody", "settings.yaml: line" },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_wrong_flag_is_refused(string[] flags, string says)
    {
        using var folder = new TempFolder();
        string[] command = ["train", "--model", Sample.Model, "--data", Sample.Data, "--output", folder["out"], .. flags];
        await Lisa.RefusesAsync(command, says);
        Sample.HasNoFiles(folder["out"]);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("1025")]
    [InlineData("5000000000")]
    public async Task A_number_of_threads_that_cannot_be_is_refused(string threads)
    {
        using var folder = new TempFolder();
        await Lisa.RefusesAsync(
            ["train", "--model", Sample.Model, "--data", Sample.Data, "--output", folder["out"], "--threads", threads], "--threads: ");
        await Lisa.RefusesAsync(["eval", "--model", Sample.Model, "--data", Sample.Data, "--threads", threads], "--threads: ");
        await Lisa.RefusesAsync(["generate", "--model", Sample.Model, "--prompt", "x", "--threads", threads], "--threads: ");
        Sample.HasNoFiles(folder["out"]);
    }

    [Theory]
    [MemberData(nameof(WrongFiles))]
    public async Task A_wrong_settings_file_is_refused(string yaml, string says)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["settings.yaml"], yaml, Token);
        await Lisa.RefusesAsync(
            ["train", "--config", folder["settings.yaml"], "--model", Sample.Model, "--data", Sample.Data, "--output", folder["out"]],
            "settings.yaml: ", says);
        Sample.HasNoFiles(folder["out"]);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public async Task A_settings_file_of_a_hundred_thousand_levels_is_refused(string level)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["settings.yaml"], "seed:\n  " + string.Concat(Enumerable.Repeat(level, 100_000)), Token);
        await Lisa.RefusesAsync(["train", "--config", folder["settings.yaml"]], "settings.yaml: line");
    }

    [Fact]
    public async Task A_missing_settings_file_is_refused()
    {
        using var folder = new TempFolder();
        await Lisa.RefusesAsync(["train", "--config", folder["nope.yaml"]], "--config", folder["nope.yaml"]);
        await Lisa.RefusesAsync(["train", "--config", folder.Root], "--config", folder.Root);
    }

    [Fact]
    public async Task A_missing_model_or_command_is_refused()
    {
        using var folder = new TempFolder();
        await Lisa.RefusesAsync([]);
        await Lisa.RefusesAsync(["tarin"], "tarin");
        await Lisa.RefusesAsync(["train"], "--model");
        await Lisa.RefusesAsync(Sample.Train(folder["out"], folder["nope"]), Path.Combine(folder["nope"], "config.json"), "no such file");
        await Lisa.RefusesAsync(["train", "--model", "", "--data", "x", "--output", folder["out"]], "--model: ''");
        await Lisa.RefusesAsync(["plan", "--model", folder["nope"]], Path.Combine(folder["nope"], "config.json"));
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Theory]
    [InlineData("257")]
    [InlineData("1")]
    [InlineData("9999999999")]
    public async Task A_block_size_that_the_model_does_not_have_is_refused(string size)
    {
        using var folder = new TempFolder();
        string[] says = ["--block-size", size, "from 2 to 256"];
        await Lisa.RefusesAsync(["train", "--model", Sample.Model, "--data", Sample.Data, "--output", folder["out"], "--block-size", size], says);
        await Lisa.RefusesAsync(["eval", "--model", Sample.Model, "--data", Sample.Data, "--block-size", size], says);
        await Lisa.RefusesAsync(["plan", "--model", Sample.Model, "--block-size", size], says);
        Assert.False(Directory.Exists(folder["out"]));
    }
}
