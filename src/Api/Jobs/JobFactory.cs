using LisaOrleans.Data;
using LisaOrleans.Training;

namespace LisaOrleans.Api;

/// <summary>Makes jobs from requests, after checking everything that can be checked immediately.</summary>
internal sealed class JobFactory(ModelCatalog models, FileCatalog files, JobCatalog jobs, IGrainFactory grains, TimeProvider time)
{
    private const int MostPairs = 16;
    private const int LongestKey = 64;
    private const int LongestValue = 512;
    private const int LongestSuffix = 64;

    /// <summary>Makes a job; called again with the same id, it makes nothing new, whatever has become of what the job was made from.</summary>
    /// <exception cref="ApiException">The request is wrong.</exception>
    public async Task<JobDocument> CreateAsync(string id, CreateJobRequest request, CancellationToken cancellationToken)
    {
        if (await jobs.FindAsync(id, cancellationToken) is { } there) return there;
        CheckTexts(request);
        var (method, settings, param) = Method(request);
        var model = await models.OpenAsync(request.Model, cancellationToken);
        var training = await InputAsync(request.TrainingFile, "training_file", cancellationToken);
        var validation = request.ValidationFile is { } file ? await InputAsync(file, "validation_file", cancellationToken) : null;
        var cluster = grains.GetGrain<IClusterGrain>(0);
        var silos = await cluster.GetTrainingSilos().WaitAsync(cancellationToken);
        var defaults = JobMethods.Defaults(method, id);
        if (request.Seed is { } seed) defaults = defaults with { Seed = seed };
        var spec = ImportOptions.For(silos).Resolve(settings.Into(defaults), model.Config, () => model.Dtype);
        var dataset = settings.Into(new DatasetSettings { Template = model.Template });
        JobSettings.Explained(param, () =>
        {
            settings.CheckUse(spec);
            TrainingSpecValidator.Validate(spec, model.Config);
            Objectives.CheckLengths(spec, model.Config);
            TrainingSpecValidator.CheckData(spec, dataset, validation is not null);
            TrainingSpecValidator.CheckNew(spec, was: null);

            // The import would refuse it only after a while.
            if (DataSplit.Of(dataset.ValidationSplit).Evaluation is { IsRequired: true, Name: var split })
                throw new InvalidTrainingSettingException(
                    "validation_split", $"is '{split}', but a file has no splits; give a share such as 0.1, or {{eval_data}}");
        });
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
                Manifest = model.Manifest,
                TrainingFile = training,
                ValidationFile = validation,
                Suffix = request.Suffix,
                Metadata = request.Metadata,
                Method = method,
                Spec = spec,
                Dataset = dataset,
                Log = [new JobLogEntry(now, "info", $"Created fine-tuning job: {id}"), new JobLogEntry(
                    now, "info", $"Validating training file: {training.Id}")],
            },
            cancellationToken);
    }

    private static (string Method, GivenSettings Settings, string Param) Method(CreateJobRequest request)
    {
        const string Old = "hyperparameters";
        if (request.Method is not { } method) return (JobMethods.Supervised, JobSettings.Read(request.Hyperparameters, Old), Old);
        if (request.Hyperparameters is not null)
            throw ApiException.Invalid("'hyperparameters' and 'method' cannot both be given; 'method' has its own.", Old, "invalid_value");
        JobMethods.Check(method);
        var param = JobMethods.Field(method.Type);
        return method.Type switch
        {
            JobMethods.Supervised => (method.Type, JobSettings.Read(method.Supervised?.Hyperparameters, param), param),
            JobMethods.Dpo => (method.Type, JobSettings.Read(method.Dpo?.Hyperparameters, param), param),
            _ => (method.Type, JobSettings.Read(JobMethods.Hyperparameters(method), param), param),
        };
    }

    private static void CheckTexts(CreateJobRequest request)
    {
        if (request.Suffix is { } suffix
            && !(suffix.Length is > 0 and <= LongestSuffix && suffix.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')))
            throw ApiException.Invalid(
                $"Invalid value for 'suffix': letters, digits, '.', '_' and '-' only, at most {LongestSuffix}.", "suffix", "invalid_value");
        if (request.Integrations is { Count: > 0 }) throw ApiException.Invalid("No integrations are supported.", "integrations", "invalid_value");
        if (request.Metadata is { } metadata
            && (metadata.Count > MostPairs || metadata.Any(p => p.Key.Length > LongestKey || p.Value is null || p.Value.Length > LongestValue)))
        {
            throw ApiException.Invalid(
                $"Invalid value for 'metadata': at most {MostPairs} pairs of texts, keys to {LongestKey} characters, values to "
                    + $"{LongestValue}.", "metadata", "invalid_value");
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
            : throw ApiException.Invalid(
                $"The file '{id}' has purpose '{file.Purpose}'; '{param}' needs '{FilePurposes.FineTune}'.", param, "invalid_file_purpose");
    }
}
