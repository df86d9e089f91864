using LisaOrleans.Data;

namespace LisaOrleans.Cli;

internal static class DataOptions
{
    /// <summary>The settings that say how records become samples.</summary>
    public static DatasetOptions From(SettingValues values, int blockSize) => new()
    {
        Format = values.OptionalText(KnownSettings.DataFormat),
        PromptField = values.OptionalText(KnownSettings.PromptField),
        CompletionField = values.OptionalText(KnownSettings.CompletionField),
        TextField = values.OptionalText(KnownSettings.TextField),
        Template = values.Text(KnownSettings.Template),
        ValidationSplit = values.OptionalText(KnownSettings.ValidationSplit),
        TrainOn = values.Text(KnownSettings.TrainOnTurns),
        LongTexts = values.Text(KnownSettings.LongText),
        IgnoreFields = values.Names(KnownSettings.IgnoreFields),
        TrainOnPrompt = values.Flag(KnownSettings.TrainOnPrompt),
        BlockSize = blockSize,
    };
}
