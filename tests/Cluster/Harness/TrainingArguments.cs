namespace LisaOrleans.Cluster;

/// <summary>A short run on the sample model, which every checkout has.</summary>
internal static class TrainingArguments
{
    /// <param name="steps">Steps of the run.</param>
    /// <param name="saveSteps">Steps between manifests.</param>
    /// <param name="method">What trains; null for LISA with short periods.</param>
    /// <param name="replicas">Pipelines at most; by default silos are the stages of one.</param>
    /// <param name="data">The data; null for the sample's.</param>
    /// <param name="accumulation">Micro-batches of a step.</param>
    public static string[] Sample(
        int steps, int saveSteps = 3, IReadOnlyList<string>? method = null, string replicas = "1", string? data = null, int accumulation = 4) =>
    [
        "--model", Path.Combine(Executables.Repository, "samples", "tiny-stories"),
        "--data", data ?? Path.Combine(Executables.Repository, "samples", "animals.jsonl"),
        "--max-steps", $"{steps}", .. method ?? ["--lisa-interval-steps", "4"], "--per-device-train-batch-size", "4",
        "--gradient-accumulation-steps", $"{accumulation}", "--learning-rate", "1e-3", "--save-steps", $"{saveSteps}", "--seed", "11", "--threads", "1",
        "--replicas", replicas,
    ];
}
