using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>Says in the words of the reader of data sets how records become samples.</summary>
public static class DatasetOptionsOf
{
    /// <summary>A run's settings of its data, with the longest sample in tokens.</summary>
    public static DatasetOptions Settings(DatasetSettings settings, int blockSize) => new()
    {
        Format = settings.Format,
        PromptField = settings.PromptField,
        CompletionField = settings.CompletionField,
        TextField = settings.TextField,
        Template = settings.Template,
        TrainOnPrompt = settings.TrainOnPrompt,
        IgnoreFields = settings.IgnoreFields,
        TrainOn = settings.TrainOn,
        LongTexts = settings.LongTexts,
        ValidationSplit = settings.ValidationSplit,
        BlockSize = blockSize,
    };
}
