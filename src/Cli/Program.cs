using System.CommandLine;
using LisaOrleans.Cli;

var root = new RootCommand(
    """
    Fine-tunes language models with LISA: embedding and head always train, a few sampled layers in each period.

    Exit codes: 0 done, 1 failed, 2 wrong usage or input, 3 the run watched was cancelled, 130 interrupted (a manifest was saved; the same command resumes).
    """)
{
    SettingsCommand.Create("train", "Fine-tune a model in this process. The same command again resumes.", KnownSettings.Train, true, TrainCommand.Run),
    SettingsCommand.Create("eval", "Mean loss and perplexity of a model on data.", KnownSettings.Eval, true, EvalCommand.Run),
    SettingsCommand.Create("generate", "Continue a text.", KnownSettings.Generate, false, GenerateCommand.Run),
    SettingsCommand.Create("plan", "Predict the memory of a run, for full fine-tuning and LISA.", KnownSettings.Plan, true, PlanCommand.Run),
    SettingsCommand.Create(
        "silo", "Join a cluster and train until told to leave. Settings also from LISA_… variables and appsettings.json.", KnownSettings.Silo, true,
        SiloCommand.Run, withEnvironment: true),
    SettingsCommand.Create(
        "submit", "Bring model and data into a cluster's store and start the run. Prints its name.", KnownSettings.Submit, true,
        SubmitCommand.Run, withEnvironment: true),
    SettingsCommand.Create("status", "Where a run is now.", KnownSettings.Show, false, StatusCommand.Run, Run(), withEnvironment: true),
    SettingsCommand.Create("watch", "Follow a run to its end.", KnownSettings.Show, false, WatchCommand.Run, Run(), withEnvironment: true),
    SettingsCommand.Create(
        "pause", "Stop a run after its step, with a manifest.", KnownSettings.Control, false, RunCommands.Do((c, run, token) => c.PauseAsync(run, token), "paused"), Run(),
        withEnvironment: true),
    SettingsCommand.Create(
        "resume", "Go on with a run that was paused or failed.", KnownSettings.Resume, false, RunCommands.Resume, Run(),
        withEnvironment: true),
    SettingsCommand.Create(
        "cancel", "Stop a run for good after its step, with a manifest.", KnownSettings.Control, false, RunCommands.Do((c, run, token) => c.CancelAsync(run, token), "cancelled"), Run(),
        withEnvironment: true),
    SettingsCommand.Create("list", "All runs of a cluster's store.", KnownSettings.Show, false, StatusCommand.List, withEnvironment: true),
    SettingsCommand.Create(
        "export", "Write a run's last manifest as a Hugging Face folder, or as a GGUF file.", KnownSettings.Export, false, ExportCommand.Run,
        Run(), withEnvironment: true),
    new Command("data", "Data sets.")
    {
        SettingsCommand.Create(
            "inspect", "Show what training would make of data: counts, lengths, what is cut, and samples with what is learned.",
            KnownSettings.Inspect, true, InspectCommand.Run),
    },
    SettingsCommand.Create("settings", "Print all settings of a run, as a page in Markdown.", [], false, (_, _, _) =>
    {
        Console.Write(SettingsDocument.Markdown());
        return Task.FromResult(ExitCodes.Done);
    }),
    new Command("keys", "Keys of the HTTP API.")
    {
        SettingsCommand.Create(
            "new", "Make a key and print it, once. The second line is the one for the file of keys; --api-keys adds it there.", KnownSettings.NewKey, false,
            KeysCommand.New, new Argument<string>("NAME") { Description = "who the key is for" }),
    },
};

// A value that begins with '@' is a value: no response files.
var parsed = root.Parse(SettingNames.Translate(args), new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Errors.Count > 0)
{
    ErrorReport.Write(UsageErrors.Describe(parsed));
    return ExitCodes.WrongUsageOrInput;
}

try
{
    // Ctrl-C is the commands' own business: training saves a manifest first.
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (Exception e)
{
    return ErrorReport.Write(e);
}

static Argument<string> Run() => new("RUN") { Description = "the run's name in the store" };
