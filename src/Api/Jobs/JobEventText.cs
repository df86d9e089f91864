using System.Globalization;

namespace LisaOrleans.Api;

/// <summary>Says in words and numbers what happened to a job.</summary>
internal static class JobEventText
{
    private const string Message = "message";
    private const string Metrics = "metrics";
    private const string Info = "info";
    private const string Warning = "warn";
    private const string Error = "error";

    public static JobEvent Of(JobLogEntry entry, int number) => new()
    {
        Id = new JobEventId(JobEventId.Document, number).ToString(),
        CreatedAt = entry.At.ToUnixTimeSeconds(),
        Level = entry.Level,
        Message = entry.Message,
        Type = Message,
    };

    /// <param name="happened">An event of the run.</param>
    /// <param name="job">Its job.</param>
    /// <param name="totalSteps">Steps in all; 0 if unknown.</param>
    public static JobEvent Of(TrainingEvent happened, JobDocument job, long totalSteps)
    {
        var (level, message, data) = happened switch
        {
            StepCompleted step => (Info, StepText(step.Record, totalSteps), Numbers(step.Record, totalSteps)),
            RunStarted { FromStep: 0, Generation: var generation } => (Info, "Fine-tuning job started", Data(("generation", generation))),
            RunStarted started =>
                (Info, $"Fine-tuning job continues after step {started.FromStep}",
                    Data(("step", started.FromStep), ("generation", started.Generation))),
            PartsPlaced { MixedKinds: { Count: > 0 } kinds } placed => (
                Warning,
                $"Model placed on {placed.Stages.Count} silos; from here on its bits are those of no single kind of processor or GPU",
                Data(("generation", placed.Generation), ("silos", placed.Stages.Count), ("kinds", kinds))),
            PartsPlaced placed =>
                (Info, $"Model placed on {placed.Stages.Count} silos", Data(("generation", placed.Generation), ("silos", placed.Stages.Count))),
            ManifestSaved saved =>
                (Info, $"Checkpoint created at step {saved.Step}",
                    Data(("step", saved.Step), ("bytes_written", saved.BytesWritten), ("stall_seconds", saved.StallSeconds))),
            StepEvaluated evaluated => (
                Info, string.Create(CultureInfo.InvariantCulture, $"Step {evaluated.Step}: validation loss={evaluated.EvalLoss:F4}"),
                Data(("step", evaluated.Step), ("valid_loss", Finite(evaluated.EvalLoss)))),
            SiloLeaving leaving => (Info, $"Silo {leaving.Silo} leaves; its layers move", Data(("silo", leaving.Silo))),
            RunRecovering { FailedStep: 0 } recovering => (
                Warning, $"{Sentence(recovering.Reason)}; going on from the checkpoint of step {recovering.ManifestStep}",
                Data(("step", recovering.ManifestStep), ("reason", recovering.Reason))),
            RunRecovering recovering => (
                Warning, $"Step {recovering.FailedStep} failed; going back to the checkpoint of step {recovering.ManifestStep}",
                Data(("failed_step", recovering.FailedStep), ("step", recovering.ManifestStep), ("reason", recovering.Reason))),
            RunEnded { State: RunState.Succeeded } ended => (
                Info, $"The job has successfully completed; new fine-tuned model created: {job.FineTunedModel}", Data(("step", ended.Step))),
            RunEnded { State: RunState.Failed } ended => (Error, $"The job failed: {ended.Error}", Data(("step", ended.Step))),
            RunEnded { Error: { } reason } ended =>
                (Error, $"The job was {JobStatuses.Of(ended.State)} after step {ended.Step}: {reason}", Data(("step", ended.Step))),
            RunEnded ended => (Info, $"The job was {JobStatuses.Of(ended.State)} after step {ended.Step}", Data(("step", ended.Step))),
            _ => (Info, happened.GetType().Name, Data()),
        };
        return new JobEvent
        {
            Id = IdOf(happened).ToString(),
            CreatedAt = happened.Time.ToUnixTimeSeconds(),
            Level = level,
            Message = message,
            Type = happened is StepCompleted ? Metrics : Message,
            Data = data,
        };
    }

    /// <summary>The id of an event.</summary>
    public static JobEventId IdOf(TrainingEvent happened) => happened is StepCompleted step
        ? new JobEventId(JobEventId.Step, step.Record.Step)
        : new JobEventId(JobEventId.Journal, happened.Position.Entry);

    private static string StepText(StepRecord record, long totalSteps) => string.Create(
        CultureInfo.InvariantCulture,
        $"Step {record.Step}/{totalSteps}: training loss={record.Loss:F4}{(record.EvalLoss is { } eval ? $", validation loss={eval:F4}" : "")}");

    private static Dictionary<string, object?> Numbers(StepRecord record, long totalSteps)
    {
        var data = Data(
            ("step", record.Step), ("total_steps", totalSteps), ("train_loss", Finite(record.Loss)), ("learning_rate", Finite(record.LearningRate)),
            ("grad_norm", Finite(record.GradNorm)), ("epoch", Finite(record.Epoch)), ("tokens", record.Tokens), ("seconds", Finite(record.Seconds)),
            ("active_layers", record.ActiveLayers));
        if (record.EvalLoss is { } eval) data["valid_loss"] = Finite(eval);
        foreach (var (name, value) in record.Rewards?.Named ?? []) data[name] = Finite(value);
        foreach (var (name, value) in record.EvalRewards?.Named ?? []) data["valid_" + name] = Finite(value);
        return data;
    }

    private static string Sentence(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    // JSON has no infinity.
    private static double? Finite(double number) => double.IsFinite(number) ? number : null;

    private static Dictionary<string, object?> Data(params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var data = new Dictionary<string, object?>();
        foreach (var (name, value) in values) data[name] = value;
        return data;
    }
}
