using System.Globalization;

namespace LisaOrleans.Api;

/// <summary>Names of models in requests.</summary>
internal static class ModelIds
{
    public const string Owner = "lisa";
    private const string TunedPrefix = "ft:";
    private const string CheckpointMark = ":ckpt-step-";
    private const int LongestFolder = 100;

    /// <summary>The name of what a job makes: <c>ft:ROOT:lisa:SUFFIX:DIGITS</c>, the last part from the job's id.</summary>
    public static string Tuned(string root, string? suffix, string job) => $"{TunedPrefix}{root}:{Owner}:{suffix}:{job[ApiIds.JobPrefix.Length..]}";

    /// <summary>The job that makes a model of this name; null if no job can.</summary>
    public static string? JobOf(string id)
    {
        if (!id.StartsWith(TunedPrefix, StringComparison.Ordinal)) return null;
        var job = ApiIds.JobPrefix + id[(id.LastIndexOf(':') + 1)..];
        return ApiIds.IsId(job, ApiIds.JobPrefix) ? job : null;
    }

    /// <summary>The name of a checkpoint of a model.</summary>
    public static string Checkpoint(string model, long step) => string.Create(CultureInfo.InvariantCulture, $"{model}{CheckpointMark}{step}");

    /// <summary>The model that a name means, and the step if it is one of its checkpoints.</summary>
    public static (string Model, long? Step) Split(string id)
    {
        var at = id.LastIndexOf(CheckpointMark, StringComparison.Ordinal);

        // One name for each: 04 is no step.
        return at > 0 && long.TryParse(id.AsSpan(at + CheckpointMark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
            && Checkpoint(id[..at], step) == id
            ? (id[..at], step)
            : (id, null);
    }

    /// <summary>
    /// Whether a name may be that of a base model's folder: a single folder name, nothing that leads elsewhere.
    /// </summary>
    public static bool IsFolderName(string id) =>
        id.Length is > 0 and <= LongestFolder && id[0] != '.' && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
