namespace LisaOrleans.Api.Tests;

/// <summary>A job whose run is in the store, as its document has it.</summary>
internal static class ImportedJob
{
    public static JobDocument Of(string id) => new()
    {
        Id = id,
        CreatedAt = DateTimeOffset.UtcNow,
        Model = "base",
        Root = "base",
        FineTunedModel = ModelIds.Tuned("base", null, id),
        TrainingFile = new JobInput("file-x", "x", 0, null),
        Method = TrainingMethods.Lisa,
        Spec = new TrainingSpec { RunName = id, BlockSize = 2, Dtype = "float32", Threads = 1 },
        Dataset = new DatasetSettings(),
        Phase = JobPhases.Imported,
    };
}
