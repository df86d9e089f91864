using LisaOrleans.Data;
using LisaOrleans.Training;

namespace LisaOrleans.Api;

/// <summary>Makes jobs from requests, after checking all that can be checked at once.</summary>
internal sealed class JobFactory(ModelCatalog models, FileCatalog files, JobCatalog jobs, IGrainFactory grains, TimeProvider time)
{
    private const int MostPairs = 16;
    private const int LongestKey = 64;
    private const int LongestValue = 512;
    private const int LongestSuffix = 64;

    /// <summary>Makes a job; again with the same id, nothing new.</summary>
    /// <exception cref="ApiException">The request is wrong.</exception>
    public async Task<JobDocument> CreateAsync(string id, CreateJobRequest request, CancellationToken cancellationToken)
    {
        CheckTexts(request);
        var (method, settings, param) = Method(request);
        var model = await models.OpenAsync(request.Model, cancellationToken);
        var training = await InputAsync(request.TrainingFile, "training_file", cancellationToken);
        var validation = request.ValidationFile is { } file ? await InputAsync(file, "validation_file", cancellationToken) : null;
        var cluster = grains.GetGrain<IClusterGrain>(0);
        var silos = await cluster.GetTrainingSilos().WaitAsync(cancellationToken);
        var threads = silos.Count > 0 ? silos.Min(s => s.Threads) : Environment.ProcessorCount;
        var spec = JobSettings.Spec(
            settings, id, method == JobMethods.Full ? TrainingMethods.Full : TrainingMethods.Lisa, model, request.Seed, threads);
        var dataset = JobSettings.Dataset(settings, spec.BlockSize);
        Check(spec, dataset, model, param);
        if (await cluster.CheckCapacity(spec, model.ConfigJson).WaitAsync(cancellationToken) is { } tooLarge)
            throw ApiException.Invalid($"The job does not fit this cluster: {tooLarge}", "model", "insufficient_capacity");

        var now = time.GetUtcNow();
        return await jobs.AddAsync(
            new JobDocument
            {
                Id = id,
                CreatedAt = now,
                Model = request.Model,
                Root = model.Model.Root,
                FineTunedModel = ModelIds.Tuned(model.Model.Root, request.Suffix, id),
                TrainingFile = training,
                ValidationFile = validation,
                Suffix = request.Suffix,
                Metadata = request.Metadata,
                Method = method,
                Spec = spec,
                Dataset = dataset,
                Log = [new JobLogEntry(now, "info", $"Created fine-tuning job: {id}"), new JobLogEntry(now, "info", $"Validating training file: {training.Id}")],
            },
            cancellationToken);
    }

    private static (string Method, LisaHyperparameters Settings, string Param) Method(CreateJobRequest request)
    {
        if (request.Method is not { } method)
            return (JobMethods.Supervised, JobSettings.Translate(request.Hyperparameters, "hyperparameters"), "hyperparameters");
        if (request.Hyperparameters is not null)
            throw ApiException.Invalid("'hyperparameters' and 'method' cannot both be given; 'method' has its own.", "hyperparameters", "invalid_value");
        if (method.Type is not (JobMethods.Supervised or JobMethods.Lisa or JobMethods.Full))
        {
            throw ApiException.Invalid(
                $"Invalid value for 'method.type': '{ApiText.Shorten(method.Type)}' is none of {JobMethods.Supervised}, {JobMethods.Lisa}, {JobMethods.Full}.",
                "method.type", "invalid_value");
        }

        var param = $"method.{method.Type}.hyperparameters";
        var others = new[] { (JobMethods.Supervised, (object?)method.Supervised), (JobMethods.Lisa, method.Lisa), (JobMethods.Full, method.Full) };
        if (others.FirstOrDefault(o => o.Item1 != method.Type && o.Item2 is not null) is { Item1: { } other })
            throw ApiException.Invalid($"'method.{other}' does not belong to type '{method.Type}'.", $"method.{other}", "invalid_value");
        return (method.Type, method.Type switch
        {
            JobMethods.Lisa => method.Lisa?.Hyperparameters ?? new LisaHyperparameters(),
            JobMethods.Full => method.Full?.Hyperparameters ?? new LisaHyperparameters(),
            _ => JobSettings.Translate(method.Supervised?.Hyperparameters, param),
        }, param);
    }

    private static void CheckTexts(CreateJobRequest request)
    {
        if (request.Suffix is { } suffix && !(suffix.Length is > 0 and <= LongestSuffix && suffix.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')))
            throw ApiException.Invalid($"Invalid value for 'suffix': letters, digits, '.', '_' and '-' only, at most {LongestSuffix}.", "suffix", "invalid_value");
        if (request.Seed < 0) throw ApiException.Invalid("Invalid value for 'seed': must be at least 0.", "seed", "invalid_value");
        if (request.Integrations is { Count: > 0 }) throw ApiException.Invalid("No integrations are supported.", "integrations", "invalid_value");
        if (request.Metadata is { } metadata
            && (metadata.Count > MostPairs || metadata.Any(p => p.Key.Length > LongestKey || p.Value is null || p.Value.Length > LongestValue)))
        {
            throw ApiException.Invalid(
                $"Invalid value for 'metadata': at most {MostPairs} pairs of texts, keys to {LongestKey} characters, values to {LongestValue}.", "metadata", "invalid_value");
        }
    }

    private static void Check(TrainingSpec spec, DatasetOptions dataset, BaseModel model, string param)
    {
        try
        {
            TrainingSpecValidator.Validate(spec, model.Config);
        }
        catch (InvalidSettingException e)
        {
            throw ApiException.Invalid($"Invalid value for '{param}.{e.Setting}': {e.Message}", $"{param}.{e.Setting}", "invalid_value");
        }

        OneOf("template", dataset.Template, ChatTemplates.Names);
        OneOf("train_on", dataset.TrainOn, TrainOn.Choices);
        OneOf("long_texts", dataset.LongTexts, LongTexts.All);
        if (dataset.Format is { } format) OneOf("data_format", format, DatasetFormats.Names);

        void OneOf(string name, string value, IReadOnlyList<string> allowed)
        {
            if (!allowed.Contains(value))
                throw ApiException.Invalid($"Invalid value for '{param}.{name}': must be one of {string.Join(", ", allowed)}.", $"{param}.{name}", "invalid_value");
        }
    }

    private async Task<JobInput> InputAsync(string id, string param, CancellationToken cancellationToken)
    {
        StoredFile file;
        try
        {
            file = await files.GetAsync(id, cancellationToken);
        }
        catch (ApiException)
        {
            throw ApiException.Invalid($"The file '{ApiText.Shorten(id)}' of '{param}' does not exist.", param, "file_not_found");
        }

        return file.Purpose == FilePurposes.FineTune
            ? new JobInput(file.Id, file.Filename, file.Bytes, file.Sha256)
            : throw ApiException.Invalid($"The file '{id}' has purpose '{file.Purpose}'; '{param}' needs '{FilePurposes.FineTune}'.", param, "invalid_file_purpose");
    }
}
