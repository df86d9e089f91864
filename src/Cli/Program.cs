using System.CommandLine;
using LisaOrleans.Cli;

var root = new RootCommand(
    """
    Fine-tunes language models with LISA: embedding and head always train, a few sampled layers in each period.

    Exit codes: 0 done, 1 failed, 2 wrong usage or input, 130 interrupted (a manifest was saved; the same command resumes).
    """)
{
    SettingsCommand.Create("train", "Fine-tune a model in this process. The same command again resumes.", KnownSettings.Train, true, TrainCommand.Run),
    SettingsCommand.Create("eval", "Mean loss and perplexity of a model on data.", KnownSettings.Eval, true, EvalCommand.Run),
    SettingsCommand.Create("generate", "Continue a text.", KnownSettings.Generate, false, GenerateCommand.Run),
    SettingsCommand.Create("plan", "Predict the memory of a run, for full fine-tuning and LISA.", KnownSettings.Plan, true, PlanCommand.Run),
    SettingsCommand.Create(
        "export", "Write a run's last manifest as a Hugging Face folder.", KnownSettings.Export, false, ExportCommand.Run,
        new Argument<string>("RUN") { Description = "the run's name in the store" }),
};

var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    ErrorReport.Write(string.Join("; ", parsed.Errors.Select(e => e.Message)));
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
