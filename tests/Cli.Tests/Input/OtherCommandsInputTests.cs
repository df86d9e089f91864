namespace LisaOrleans.Cli.Tests;

/// <summary>Wrong input of eval, generate, plan and export.</summary>
public sealed class OtherCommandsInputTests
{
    public static TheoryData<string[], string> Wrong => new()
    {
        { ["eval"], "--data is missing" },
        { ["eval", "--data", "x", "--per-device-train-batch-size", "0"], "--per-device-train-batch-size" },
        { ["eval", "--data", "x", "--log-format", "xml"], "--log-format is 'xml'" },
        { ["generate"], "--prompt is missing" },
        { ["generate", "--prompt", "x", "--temperature", "-1"], "--temperature" },
        { ["generate", "--prompt", "x", "--temperature", "NaN"], "--temperature" },
        { ["generate", "--prompt", "x", "--top-p", "0"], "--top-p" },
        { ["generate", "--prompt", "x", "--top-p", "1.5"], "--top-p" },
        { ["generate", "--prompt", "x", "--max-new-tokens", "0"], "--max-new-tokens" },
        { ["generate", "--prompt", "x", "--max-new-tokens", "9999999999"], "--max-new-tokens" },
        { ["generate", "--prompt", "x", "--template", "none"], "--template is 'none'" },
        { ["plan", "--lisa-activated-layers", "7"], "--lisa-activated-layers" },
        { ["plan", "--method", "dora"], "--method is 'dora'" },
        { ["plan", "--per-device-train-batch-size", "-5"], "--per-device-train-batch-size is -5" },
        { ["plan", "--gradient-accumulation-steps", "0"], "--gradient-accumulation-steps is 0" },
        { ["plan", "--log-format", "xml"], "--log-format is 'xml'" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Eval_generate_and_plan_wrong_flag_is_refused(string[] command, string says) =>
        await Lisa.RefusesAsync([command[0], "--model", Sample.Model, .. command[1..]], says);

    [Fact]
    public async Task Generate_prompt_longer_than_the_model_takes_is_refused() =>
        await Lisa.RefusesAsync(
            ["generate", "--model", Sample.Model, "--prompt", string.Concat(Enumerable.Repeat("fox ", 1000))], "--prompt", "fewer than 256");

    [Theory]
    [InlineData("@home")]
    [InlineData("--what")]
    [InlineData("-5")]
    [InlineData("")]
    [InlineData("\ud83e\udd8a")]
    public async Task Generate_prompt_like_a_flag_or_file_is_still_a_prompt(string prompt) =>
        await Lisa.SucceedsAsync("generate", "--model", Sample.Model, "--prompt", prompt, "--max-new-tokens", "2");

    [Fact]
    public async Task Export_missing_run_or_store_is_refused()
    {
        using var folder = new TempFolder();
        await Lisa.RefusesAsync(["export"], "RUN");
        await Lisa.RefusesAsync(["push", "--private", "org/model", "--folder", folder["nope"]], folder["nope"]);
        await Lisa.RefusesAsync(["export", "run", "--output", folder["out"]], "--store is missing");
        await Lisa.RefusesAsync(["export", "run", "--store", folder["nope"], "--output", folder["out"]], "--store", folder["nope"]);
        await Lisa.RefusesAsync(["export", "run", "--store", folder.Root, "--output", folder["out"]], folder.Root, "no run 'run'");
        await Lisa.RefusesAsync(["export", "../run", "--store", folder.Root, "--output", folder["out"]], "run name '../run'");
        Sample.HasNoFiles(folder.Root);
    }
}
