using LisaOrleans.Cluster;

namespace LisaOrleans.Bench;

/// <summary>A disk that is too small, or may not be written to.</summary>
/// <param name="What">In words.</param>
/// <param name="Where">What is on it: store, out or temp, or empty for the first two together.</param>
/// <param name="Options">Mount options of tmpfs.</param>
internal sealed record DiskTrial(string What, string Where, string Options)
{
    /// <value>Settings of the training: a manifest at every second step, an evaluation at every eighth.</value>
    public static string[] Settings { get; } =
    [
        .. TrainingArguments.Sample(steps: 40, saveSteps: 2), "--eval-steps", "8", "--eval-data",
        Path.Combine(Executables.Repository, "samples", "animals-held-out.jsonl"),
    ];

    /// <value>
    /// The line after which the disk becomes read-only; empty for after the first file; null if it does not become so.
    /// </value>
    public string? ReadOnlyAfter { get; init; }
}
