using System.Text.Json;
using LisaOrleans.Training;

namespace LisaOrleans.Api;

/// <summary>Turns the settings of a request into a run's settings, and back.</summary>
internal static class JobSettings
{
    private static readonly TrainingSpec s_defaults = new() { RunName = TrainingSpec.DefaultRunName };

    /// <summary>The settings of a run's table.</summary>
    /// <exception cref="ApiException">One is unknown, or has a wrong value.</exception>
    public static GivenSettings Read(JobHyperparameters given, string param)
    {
        var settings = new GivenSettings();
        var names = new GivenNames<TrainingSetting>();
        foreach (var (name, value) in given.Values)
        {
            if (RunSettings.Table.Find(name) is not { BodyField: null } setting) throw Unknown(name, param);
            if (names.Add(setting, name) is { } twice) throw ApiException.Invalid($"'{name}' {twice}.", $"{param}.{name}", "invalid_value");
            if (value.ValueKind == JsonValueKind.Null) continue;
            Explained(param, () => settings.Set(setting, setting.Parse(value)));
        }

        return settings;
    }

    /// <summary>OpenAI's settings, as settings of the table.</summary>
    /// <exception cref="ApiException">A number is not allowed.</exception>
    public static GivenSettings Read(SupervisedHyperparameters? given, string param) =>
        Read(given?.NEpochs, given?.BatchSize, given?.LearningRateMultiplier, null, param);

    /// <summary>The same for OpenAI's method dpo.</summary>
    /// <exception cref="ApiException">A number is not allowed.</exception>
    public static GivenSettings Read(DpoHyperparameters? given, string param) =>
        Read(given?.NEpochs, given?.BatchSize, given?.LearningRateMultiplier, given?.Beta, param);

    /// <summary>Runs an action that may find a setting wrong, and reports that in the words of the request.</summary>
    /// <exception cref="ApiException">A setting is wrong.</exception>
    public static void Explained(string param, Action action, string? field = null)
    {
        try
        {
            action();
        }
        catch (InvalidTrainingSettingException e)
        {
            var at = field is null ? FieldOf(e.Setting, param) : $"{param}.{field}";
            throw ApiException.Invalid($"Invalid value for '{at}': {e.Describe(name => FieldOf(name, param))}", at, "invalid_value");
        }
    }

    public static SupervisedHyperparameters Supervised(TrainingSpec spec) => new()
    {
        NEpochs = new AutoNumber(spec.NumTrainEpochs),
        BatchSize = new AutoNumber(spec.PerDeviceTrainBatchSize),
        LearningRateMultiplier = new AutoNumber(Math.Round(spec.LearningRate / s_defaults.LearningRate, 12)),
    };

    public static JobMethod Method(JobDocument job) => job.Method switch
    {
        JobMethods.Supervised => new JobMethod
        {
            Type = job.Method,
            Supervised = new JobMethodSettings<SupervisedHyperparameters> { Hyperparameters = Supervised(job.Spec) },
        },
        JobMethods.Dpo => new JobMethod
        {
            Type = job.Method,
            Dpo = new JobMethodSettings<DpoHyperparameters> { Hyperparameters = Dpo(job.Spec) },
        },
        _ => new JobMethod
        {
            Type = job.Method,
            Methods = new Dictionary<string, JsonElement>
            {
                [job.Method] = JsonSerializer.SerializeToElement(
                    new JobMethodSettings<JobHyperparameters> { Hyperparameters = Hyperparameters(job) }, ApiJson.Options),
            },
        },
    };

    private static DpoHyperparameters Dpo(TrainingSpec spec)
    {
        var shared = Supervised(spec);
        return new DpoHyperparameters
        {
            NEpochs = shared.NEpochs,
            BatchSize = shared.BatchSize,
            LearningRateMultiplier = shared.LearningRateMultiplier,
            Beta = new AutoNumber(spec.Beta),
        };
    }

    // Everything that the run uses, in a form that may be sent back in a request as it is.
    private static JobHyperparameters Hyperparameters(JobDocument job) => new(
        RunSettings.Table.UsedBy(job.Spec).Where(s => s.BodyField is null).ToDictionary(
            s => s.Name,
            s => JsonSerializer.SerializeToElement(s.Get(s.Record == typeof(TrainingSpec) ? job.Spec : job.Dataset), ApiJson.Options)));

    private static GivenSettings Read(AutoNumber? epochs, AutoNumber? batchSize, AutoNumber? multiplier, AutoNumber? beta, string param)
    {
        var settings = new GivenSettings();
        if (batchSize?.Value is { } size && (size != Math.Floor(size) || size is < 1 or > int.MaxValue))
        {
            throw ApiException.Invalid(
                $"Invalid value for '{param}.batch_size': must be a whole number of at least 1.", $"{param}.batch_size", "invalid_value");
        }

        var rate = multiplier?.Value * s_defaults.LearningRate;
        if (rate is <= 0)
        {
            throw ApiException.Invalid(
                $"Invalid value for '{param}.learning_rate_multiplier': must be above 0.", $"{param}.learning_rate_multiplier", "invalid_value");
        }

        Set(nameof(TrainingSpec.PerDeviceTrainBatchSize), "batch_size", (int?)batchSize?.Value);
        Set(nameof(TrainingSpec.NumTrainEpochs), "n_epochs", epochs?.Value);
        Set(nameof(TrainingSpec.LearningRate), "learning_rate_multiplier", rate);
        Set(nameof(TrainingSpec.Beta), "beta", beta?.Value);
        return settings;

        void Set(string property, string field, object? value)
        {
            if (value is null) return;
            var setting = RunSettings.Table.Of(property);
            Explained(param, () => setting.Check(value), field);
            settings.Set(setting, value);
        }
    }

    // Evaluation data are no hyperparameter, and have another name here.
    private static string FieldOf(string name, string param) => name == "eval_data" ? "validation_file"
        : RunSettings.Table.Find(name)?.BodyField is { Length: > 0 } own ? own
        : $"{param}.{name}";

    private static ApiException Unknown(string name, string param)
    {
        var known = RunSettings.Table.All.Where(s => s.BodyField is null).ToArray();
        var advice = RunSettings.Table.Find(name)?.BodyField is { Length: > 0 } elsewhere ? $"it is the field '{elsewhere}' of the request"
            : RunSettings.Table.InsteadOf(name) is { BodyField: null } near
                ? $"use '{near.Name}' ({InvalidTrainingSettingException.Spell(near.Help, n => n)})"
            : OtherTrainers.Answer(name) is { } answer ? InvalidTrainingSettingException.Spell(answer, n => n)
            : NearestName.Of(name, known.Select(s => s.Name)) is { } nearest ? $"did you mean '{nearest}'?"
            : "GET /openapi/v1.json lists all";
        var field = $"{param}.{ApiText.Shorten(name)}";
        return ApiException.Invalid($"Unknown parameter: '{field}'; {advice}", field, "unknown_parameter");
    }
}
