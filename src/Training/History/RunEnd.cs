using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>The settings that say where a run ends, and with what. Until then they may change; a run that is complete cannot follow them.</summary>
internal static class RunEnd
{
    private static readonly string[] s_settings =
    [
        nameof(TrainingSpec.LoadBestModelAtEnd), nameof(TrainingSpec.EarlyStoppingPatience), nameof(TrainingSpec.EarlyStoppingThreshold),
        nameof(TrainingSpec.GreaterIsBetter),
    ];

    /// <summary>Checks that a run which is complete is not asked to have ended otherwise.</summary>
    /// <param name="manifest">The run's last manifest.</param>
    /// <param name="was">The settings that it has.</param>
    /// <param name="spec">Those that are asked for.</param>
    /// <exception cref="InvalidTrainingSettingException">It is; the message names the setting.</exception>
    public static void CheckUnchanged(Manifest manifest, TrainingSpec was, TrainingSpec spec)
    {
        if (!manifest.Completed) return;
        foreach (var setting in s_settings.Select(RunSettings.Table.Of))
            if (Text(setting, was) is var before && Text(setting, spec) is var now && before != now)
                throw new InvalidTrainingSettingException(
                    setting.Name, $"was {before}, now {now}, but run '{manifest.Run}' is complete; fork it at a kept step before its end");
    }

    /// <summary>Steps in all of a run.</summary>
    /// <param name="manifest">Its last manifest.</param>
    /// <param name="planned">Those that its settings make. Early stopping may have ended it before.</param>
    public static long TotalSteps(Manifest manifest, long planned) => manifest.Completed ? manifest.Step : planned;

    // Which value is better counts only where something is chosen by it.
    private static string Text(TrainingSetting setting, TrainingSpec spec) => TrainingSetting.Format(
        setting.Property == nameof(TrainingSpec.GreaterIsBetter)
            ? spec.GreaterIsBetter == true && (spec.LoadBestModelAtEnd || spec.EarlyStoppingPatience > 0)
            : setting.Get(spec));
}
