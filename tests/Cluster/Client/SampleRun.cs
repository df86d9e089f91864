namespace LisaOrleans.Cluster.Tests;

/// <summary>A run on the sample model that does some steps a second.</summary>
internal static class SampleRun
{
    public static RunRequest Request(string name, long steps) => new()
    {
        ModelFolder = Path.Combine(Executables.Repository, "samples", "tiny-stories"),
        DataFile = Path.Combine(Executables.Repository, "samples", "animals.jsonl"),
        Spec = new TrainingSpec
        {
            RunName = name,
            MaxSteps = steps,
            LisaIntervalSteps = 4,
            LearningRate = 1e-3,
            BlockSize = 64,
            SaveSteps = 5,
        },
    };
}
