using System.CommandLine;
using LisaOrleans.Cli;

var root = new RootCommand(
    """
    Fine-tunes language models: with LISA, embedding and head always train, and a few sampled layers in each period.

    Exit codes: 0 done, 1 failed, 2 wrong usage or input, 3 the run was cancelled, 130 interrupted (training saves a
    manifest first, and the same command resumes).
    """)
{
    SettingsCommand.Create(
        "train", "Fine-tune a model in this process. Run the same command again to resume.", KnownSettings.Train, true, TrainCommand.Run,
        signalsCancel: false),
    SettingsCommand.Create("eval", "Measure a model's mean loss and perplexity on data.", KnownSettings.Eval, true, EvalCommand.Run),
    SettingsCommand.Create("generate", "Continue a text.", KnownSettings.Generate, false, GenerateCommand.Run),
    SettingsCommand.Create("merge", "Make a whole model of a model and a LoRA adapter.", KnownSettings.Merge, false, MergeCommand.Run),
    SettingsCommand.Create("plan", "Predict how much memory a run needs with each training method.", KnownSettings.Plan, true, PlanCommand.Run,
        signalsCancel: false),
    SettingsCommand.Create(
        "silo", "Join a cluster and train until told to leave. Settings may also come from LISA_… variables and appsettings.json.",
        KnownSettings.Silo, true,
        SiloCommand.Run, withEnvironment: true, signalsCancel: false),
    SettingsCommand.Create(
        "submit", "Upload a model and data to a cluster's store and start a run. Prints its name.", KnownSettings.Submit, true,
        SubmitCommand.Run, withEnvironment: true),
    SettingsCommand.Create("status", "Show where a run stands.", KnownSettings.Show, false, StatusCommand.Run, Run(), withEnvironment: true),
    SettingsCommand.Create("watch", "Follow a run to its end.", KnownSettings.Show, false, WatchCommand.Run, Run(), withEnvironment: true),
    SettingsCommand.Create(
        "pause", "Stop a run after its current step and save a manifest.", KnownSettings.Control,
        false, RunCommands.Pause, Run(),
        withEnvironment: true),
    SettingsCommand.Create(
        "resume", "Continue a run that was paused or has failed.", KnownSettings.ResumeRun, false, RunCommands.Resume, Run(),
        withEnvironment: true),
    SettingsCommand.Create(
        "cancel", "Stop a run for good after its current step and save a manifest.", KnownSettings.Control,
        false, RunCommands.Cancel, Run(),
        withEnvironment: true),
    SettingsCommand.Create("list", "List all runs in a cluster's store.", KnownSettings.Show, false, StatusCommand.List, withEnvironment: true),
    SettingsCommand.Create(
        "export", "Write a run's last manifest, or another, as a Hugging Face folder or a GGUF file.", KnownSettings.Export, false,
        ExportCommand.Run, Manifest(), withEnvironment: true),
    SettingsCommand.Create(
        "history", "List the manifests that a run keeps.", KnownSettings.History, false, HistoryCommand.Run, Run(), withEnvironment: true),
    SettingsCommand.Create(
        "fork", "Make a run that goes on from a manifest of another, with other settings or the same. No weight is copied.", KnownSettings.Fork, true,
        ForkCommand.Run, Manifest(), withEnvironment: true, KnownSettings.ForkEnvironment),
    SettingsCommand.Create(
        "doctor", "Check this machine, and the store and Redis that you name: what is wrong, and how to fix it.", KnownSettings.Doctor, false,
        DoctorCommand.Run, withEnvironment: true),
    SettingsCommand.Create(
        "pull", "Fetch a model from the hub into Hugging Face's cache, and print its folder.", [], false, PullCommand.Run,
        new Argument<string>("MODEL") { Description = "ORG/MODEL, or ORG/MODEL@REVISION" }),
    SettingsCommand.Create(
        "push", "Bring a model's folder to the hub as one commit, and print the commit.", KnownSettings.Push, false, PushCommand.Run,
        new Argument<string>("MODEL") { Description = "ORG/MODEL, or ORG/MODEL@BRANCH; a model that is not there is made" }),
    new Command("data", "Look into data sets.")
    {
        SettingsCommand.Create(
            "inspect", "Show what training would make of data: counts, lengths, what is cut, and samples with what is learned.",
            KnownSettings.Inspect, true, InspectCommand.Run),
    },
    ReplayCommandGroup.Verify(),
    ReplayCommandGroup.Forget(),
    ReplayCommandGroup.Diff(),
    ReplayCommandGroup.Bisect(),
    StoreCommandGroup.Create(),
    SettingsCommand.Create("settings", "Print all settings of a run as a Markdown page.", [], false, (_, _, _) =>
    {
        Console.Write(SettingsDocument.Markdown());
        return Task.FromResult(ExitCodes.Done);
    }),
    new Command("keys", "Manage keys of the HTTP API.")
    {
        SettingsCommand.Create(
            "new", "Create a key and print it once. The second line belongs in the key file; --api-keys adds it there.", KnownSettings.NewKey, false,
            KeysCommand.New, new Argument<string>("NAME") { Description = "who the key is for" }),
    },
};

root.Options.OfType<VersionOption>().Single().Action = new VersionAction();
Terminal.Prepare();

// A value that begins with '@' is a value: no response files.
var parsed = root.Parse(SettingNames.Translate(args, root), new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Errors.Count > 0 || UsageErrors.TakesOptionForWord(parsed, args))
{
    ErrorReport.Write(UsageErrors.Describe(parsed));
    return ExitCodes.WrongUsageOrInput;
}

int exitCode;
try
{
    // Signals are the commands' own business: training saves a manifest first, and see Interruption.
    exitCode = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (Exception e)
{
    exitCode = ErrorReport.Write(e);
}

return EndingSignal.End(exitCode);

static Argument<string> Manifest() => new("RUN") { Description = "RUN, RUN@STEP, RUN@best or RUN@last: a run of the store, or one of its manifests" };

static Argument<string> Run() => new("RUN") { Description = "the run's name in the store" };
