using LisaOrleans.Data;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>The table of settings with the words that they choose from.</summary>
public static class RunSettings
{
    /// <summary>The table.</summary>
    public static TrainingSettings Table { get; } = TrainingSettings.With(new Dictionary<string, IReadOnlyList<string>>
    {
        [SettingRegistries.Methods] = Methods.All.Names,
        [SettingRegistries.Objectives] = Objectives.All.Names,
        [SettingRegistries.LayerSamplers] = LayerSamplers.All.Names,
        [SettingRegistries.Optimizers] = Optimizers.All.Names,
        [SettingRegistries.WeightForms] = WeightForms.All.Names,
        [SettingRegistries.Schedules] = LearningRateSchedule.Types,
        [SettingRegistries.ChatTemplates] = ChatTemplates.Names,
        [SettingRegistries.LearnedAnswers] = TrainOn.Choices,
        [SettingRegistries.LongTexts] = LongTexts.All,
        [SettingRegistries.DatasetFormats] = DatasetFormats.Names,
    });
}
