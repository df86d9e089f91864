namespace LisaOrleans.Model;

/// <summary>
/// Learning rate of each step, as Hugging Face's get_constant/linear/cosine_schedule_with_warmup give it. Global: it does
/// not restart with a period.
/// </summary>
/// <param name="type">
/// One of <see cref="Types"/>; each rises linearly from 0 during warm-up. Hugging Face's constant has no warm-up: only runs that
/// older builds began have both.
/// </param>
/// <param name="peak">The rate at the end of warm-up.</param>
/// <param name="warmupSteps">Steps of warm-up.</param>
/// <param name="totalSteps">Steps of the run.</param>
public sealed class LearningRateSchedule(string type, double peak, long warmupSteps, long totalSteps)
{
    /// <summary>The names of the schedules.</summary>
    public static IReadOnlyList<string> Types { get; } = ["linear", "cosine", "constant", "constant_with_warmup"];

    private readonly Func<double, double> _decay = type switch
    {
        "constant" or "constant_with_warmup" => _ => 1,
        "linear" => progress => 1 - progress,
        "cosine" => progress => 0.5 * (1 + Math.Cos(Math.PI * progress)),
        _ => throw new ArgumentException($"lr_scheduler_type '{type}': one of {string.Join(", ", Types)}", nameof(type)),
    };

    /// <summary>Warm-up in steps from a share of all steps, rounded up as Hugging Face does.</summary>
    public static long WarmupSteps(long steps, double ratio, long totalSteps) =>
        steps > 0 ? steps : (long)Math.Ceiling(ratio * totalSteps);

    /// <summary>The rate of a step, counted from 1. The first step's rate is the schedule at 0 updates.</summary>
    public double At(long step)
    {
        var updates = step - 1;
        if (updates < warmupSteps) return peak * updates / Math.Max(1, warmupSteps);
        var progress = (double)(updates - warmupSteps) / Math.Max(1, totalSteps - warmupSteps);
        return peak * Math.Max(0, _decay(Math.Min(1, progress)));
    }
}
