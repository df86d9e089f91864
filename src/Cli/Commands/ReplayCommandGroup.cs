using System.CommandLine;

namespace LisaOrleans.Cli;

/// <summary>The commands that repeat and compare what a store has kept of runs.</summary>
internal static class ReplayCommandGroup
{
    public static Command Verify() => SettingsCommand.Create(
        "verify", "Repeat steps of a run, and compare every bit with its log and its manifests. Exit code 1 where one differs, with the first.",
        ReplaySettings.Verify, false, VerifyCommand.Run, Run(), withEnvironment: true);

    public static Command Forget() => SettingsCommand.Create(
        "forget", "Go back to before samples were learned, go on without them, and write a certificate. The same command resumes.",
        ReplaySettings.Forget, false, ForgetCommand.Run, Run(), withEnvironment: true, signalsCancel: false);

    public static Command Diff() => SettingsCommand.Create(
        "diff", "Show in which settings, data and parts two manifests differ, and by how much.", ReplaySettings.Diff, false, DiffCommand.Run,
        new Argument<string>("RUN@STEP")
        {
            Description = "two of RUN, RUN@STEP, RUN@best and RUN@last",
            Arity = new ArgumentArity(2, 2),
            CustomParser = result => string.Join(DiffCommand.Separator, result.Tokens.Select(t => t.Value)),
        },
        withEnvironment: true);

    public static Command Bisect() => SettingsCommand.Create(
        "bisect",
        "Find the step at which an evaluation of a run got worse, and the samples that made it so. Without --eval-data it is that of the run's own "
            + "evaluation data; a run that learns from pairs of answers is evaluated on pairs. --eval-data are read as the run's own data were, "
            + "but where a setting says otherwise.",
        ReplaySettings.Bisect, false, BisectCommand.Run, Run(), withEnvironment: true, ReplaySettings.BisectEnvironment);

    private static Argument<string> Run() => new("RUN") { Description = "the run's name in the store" };
}
