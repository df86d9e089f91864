using System.Text;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>docs/settings.md: all settings of a run, as the table of them says.</summary>
internal static class SettingsDocument
{
    public static string Markdown()
    {
        var text = new StringBuilder(
            """
            # Settings of a run

            This page is written by `lisa settings > docs/settings.md`.

            A setting has the same name everywhere. `learning_rate` is

            - the flag `--learning-rate` of `lisa train` and `lisa submit`;
            - the key `learning_rate` of a settings file (`--config run.yaml`); an empty value, `~` and `null` mean that it is not set;
            - the variable `LISA_LEARNING_RATE` of `lisa submit`, or the field `learning_rate` in the section `lisa` of `appsettings.json`;
            - the field `method.TYPE.hyperparameters.learning_rate` of a fine-tuning job whose type is a method of the table below;
            - the property `LearningRate` of `TrainingSpec` or `DatasetSettings` in C#.

            Names that other trainers use for exactly the same thing are understood as well; names that mean something similar are refused,
            and the error says what to use. A setting that the chosen method or strategy does not use is refused as well. A run can be
            resumed with another value only where the table says *may change*; any other change would change the result. Settings of a
            run's end (`load_best_model_at_end`, `early_stopping_…`) may change until the run is complete.

            """);
        foreach (var group in RunSettings.Table.All.GroupBy(s => s.Group))
        {
            text.Append($"\n## {group.Key}\n\n| setting | what it is | default | values |\n|---|---|---|---|\n");
            foreach (var setting in group) text.Append(Row(setting));
        }

        return text.ToString();
    }

    private static string Row(TrainingSetting setting)
    {
        var names = string.Join(", ", (IEnumerable<string>)[$"`{setting.Name}`", .. setting.Aliases.Select(a => $"or `{a}`")]);
        string?[] notes =
        [
            InvalidTrainingSettingException.Spell(setting.Help, name => $"`{name}`"),
            setting.Condition,
            setting.ChangesNoBit ? "*may change*" : null,
            setting.SameBits is { Count: > 0 } words ? $"*may change* between {string.Join(" and ", words)}" : null,
            setting.BodyField switch
            {
                null => null,
                "" => "for a job: its id",
                var field => $"for a job: `{field}`",
            },
        ];
        return $"| {names} | {string.Join("; ", notes.OfType<string>())} | {setting.DefaultText} | {setting.Wanted} |\n";
    }
}
