namespace LisaOrleans.Cli;

/// <summary>The settings of the commands that repeat and compare what a store has kept of runs.</summary>
internal static class ReplaySettings
{
    public static readonly Setting Steps = new(
        "steps", SettingKind.Text, "first and last step to repeat, such as 1..20 (default: all that follow the earliest manifest that is kept)");

    public static readonly Setting Attest = new(
        "attest", SettingKind.Path, "file to write an in-toto statement to: base, data, settings, program, machine, manifests");

    public static readonly Setting Samples = new(
        "samples", SettingKind.Path, "file with the samples to forget: a number on each line, as in ledger.jsonl");

    public static readonly Setting Threshold = new(
        "threshold", SettingKind.Number, "the greatest rise of the evaluation's mean loss, in nats, that does not count as worse", "0.01");

    public static IReadOnlyList<Setting> Verify { get; } = [.. KnownSettings.Show, Steps, Attest];

    public static IReadOnlyList<Setting> Forget { get; } = [.. KnownSettings.Show, Samples, KnownSettings.RunName, KnownSettings.Output];

    public static IReadOnlyList<Setting> Diff => KnownSettings.Show;

    public static IReadOnlyList<Setting> Bisect { get; } = [.. KnownSettings.Show, KnownSettings.EvalData, .. KnownSettings.Data, Threshold];

    /// <summary>What the environment may say of it. How records become samples, the run knows better.</summary>
    public static IReadOnlyList<Setting> BisectEnvironment { get; } = [.. Bisect.Except(KnownSettings.Data)];

    /// <summary>All that is not a setting of other commands too.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Steps, Attest, Samples, Threshold];
}
