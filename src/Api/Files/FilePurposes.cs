namespace LisaOrleans.Api;

/// <summary>What files may be for.</summary>
internal static class FilePurposes
{
    /// <summary>Training and validation data: JSON lines, checked while they are uploaded.</summary>
    public const string FineTune = "fine-tune";

    /// <summary>The metrics of a job, which the job makes.</summary>
    public const string Results = "fine-tune-results";

    /// <summary>What may be uploaded.</summary>
    public static IReadOnlyList<string> All { get; } = [FineTune, "evals", "user_data"];

    /// <summary>What a list may be asked for: those of OpenAI's that no file has here, too.</summary>
    public static string[] Listed { get; } = [.. All, Results, "assistants", "assistants_output", "batch", "batch_output", "vision"];
}
