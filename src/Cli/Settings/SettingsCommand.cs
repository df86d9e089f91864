using System.CommandLine;

namespace LisaOrleans.Cli;

/// <summary>Makes a command of the parser from a table of settings.</summary>
internal static class SettingsCommand
{
    private const string ConfigFlag = "--config";

    /// <param name="name">The command's word.</param>
    /// <param name="help">One line.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="withFile">Whether a settings file may be given.</param>
    /// <param name="run">What it does; returns the exit code.</param>
    /// <param name="argument">A value without a flag, if it takes one.</param>
    /// <param name="withEnvironment">Whether settings may also stand in the environment and in appsettings.json.</param>
    /// <param name="environment">Which of them may; null (default) for all.</param>
    /// <param name="signalsCancel">
    /// Whether SIGINT, SIGTERM and SIGHUP cancel it (default); not where it handles them itself, or has nothing to free.
    /// </param>
    public static Command Create(
        string name, string help, IReadOnlyList<Setting> settings, bool withFile,
        Func<SettingValues, string?, CancellationToken, Task<int>> run, Argument<string>? argument = null, bool withEnvironment = false,
        IReadOnlyList<Setting>? environment = null, bool signalsCancel = true)
    {
        var command = new Command(name, help);
        if (argument is not null) command.Arguments.Add(argument);
        var options = settings.ToDictionary(s => s, CreateOption);
        foreach (var option in options.Values) command.Options.Add(option);
        var file = new Option<string?>(ConfigFlag)
        {
            Description = "settings file (YAML): the same names in snake case; a flag wins over it",
            HelpName = "FILE.yaml",
        };
        if (withFile) command.Options.Add(file);

        command.SetAction(async (parsed, _) =>
        {
            using var interruption = signalsCancel ? new Interruption() : null;
            var cancellationToken = interruption?.Token ?? CancellationToken.None;
            var values = new SettingValues();
            foreach (var (setting, option) in options)
                if (parsed.GetValue(option) is { } value)
                    values.Add(SettingSource.Flag, setting, value, option.Name, option.Name, Environment.CurrentDirectory);
            if (withFile && parsed.GetValue(file) is { } path) SettingsFile.Read(path, settings, values);
            if (withEnvironment) SettingsEnvironment.Read(environment ?? settings, values);
            try
            {
                values.Check(settings);
                await values.FetchModelAsync(settings, cancellationToken);
                values.TellUnreadWeights(settings);
                return await run(values, argument is null ? null : parsed.GetValue(argument), cancellationToken);
            }
            catch (OperationCanceledException) when (interruption is not null && EndingSignal.ExitCode is not null)
            {
                return EndingSignal.ExitCode.Value;
            }
            catch (InvalidTrainingSettingException e)
            {
                throw new UsageException(values.Explain(e));
            }
            catch (RunExistsException e) when (!settings.Contains(KnownSettings.Overwrite))
            {
                throw new UsageException(
                    $"run '{e.Run}' was begun with other settings ({string.Join("; ", e.Differences)}); use the same settings, or another run name");
            }
        });
        return command;
    }

    private static Option<string?> CreateOption(Setting setting)
    {
        var choices = setting.Choices is null ? "" : $" ({string.Join(", ", setting.Choices)})";
        var fallback = setting.Default is null ? "" : $" [default: {setting.Default}]";
        var help = InvalidTrainingSettingException.Spell(setting.Help, key => "--" + key.Replace('_', '-'));
        var option = new Option<string?>("--" + setting.Flag) { Description = help + choices + fallback };
        option.HelpName = setting.Kind switch
        {
            SettingKind.Path or SettingKind.Sources => "PATH",
            SettingKind.Integer => "N",
            SettingKind.Number => "X",
            SettingKind.Integers => "N,N,…",
            SettingKind.Names => "NAME,NAME,…",
            SettingKind.Flag => "true|false",
            _ => "TEXT",
        };
        if (setting.Kind == SettingKind.Sources)
        {
            option.Arity = ArgumentArity.OneOrMore;
            option.CustomParser = result => string.Join(',', result.Tokens.Select(t => t.Value));
        }

        if (setting.Kind != SettingKind.Flag) return option;

        // A flag may stand alone.
        option.Arity = ArgumentArity.ZeroOrOne;
        option.CustomParser = result => result.Tokens.Count == 0 ? "true" : result.Tokens[0].Value;
        return option;
    }
}
