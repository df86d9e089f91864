using System.Text.Encodings.Web;
using System.Text.Json;

namespace LisaOrleans.Cli;

/// <summary>One JSON object per line, for machines.</summary>
internal sealed class JsonReporter(TextWriter output) : IRunReporter
{
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public void Say(string line) => Write(new { @event = "message", message = line });

    public void Expect(long totalSteps, int layerCount)
    {
    }

    public void Started(RunStarted started, int layerCount) =>
        Write(new
        {
            @event = "started",
            from_step = started.FromStep,
            total_steps = started.TotalSteps,
            generation = started.Generation,
            layers = layerCount,
        });

    public void Happened(TrainingEvent happened, double remaining)
    {
        switch (happened)
        {
            case StepCompleted { Record: var r }:
                Write(With(
                    r.Rewards,
                    ("event", "step"), ("step", r.Step), ("loss", r.Loss), ("learning_rate", r.LearningRate), ("grad_norm", r.GradNorm),
                    ("epoch", r.Epoch), ("active_layers", r.ActiveLayers), ("tokens_per_second", r.Tokens / Math.Max(r.Seconds, 1e-9)),
                    ("remaining", remaining)));
                if (r.EvalLoss is { } evalLoss) Evaluated(r.Step, evalLoss, r.EvalRewards);
                break;
            case StepEvaluated e:
                Evaluated(e.Step, e.EvalLoss, e.Rewards);
                break;
            case ManifestSaved m:
                Write(new { @event = "manifest", step = m.Step, bytes = m.BytesWritten, stall_seconds = m.StallSeconds });
                break;
            case RunRecovering r:
                Write(new { @event = "recovering", step = r.FailedStep, manifest_step = r.ManifestStep, reason = r.Reason });
                break;
            case RunEnded e:
                Write(new { @event = "ended", state = e.State.ToString().ToLowerInvariant(), step = e.Step, error = e.Error });
                break;
        }
    }

    public void Sample(string when, string prompt, string text) => Write(new { @event = "sample", when, prompt, text });

    public void Dispose() => output.Flush();

    private void Evaluated(long step, double loss, PairRewards? rewards) =>
        Write(With(rewards, ("event", "evaluation"), ("step", step), ("loss", loss)));

    private static Dictionary<string, object> With(PairRewards? rewards, params ReadOnlySpan<(string Name, object Value)> values)
    {
        var line = new Dictionary<string, object>();
        foreach (var (name, value) in values) line[name] = value;
        foreach (var (name, value) in rewards?.Named ?? []) line[name] = value;
        return line;
    }

    private void Write(object value) => output.WriteLine(JsonSerializer.Serialize(value, s_json));
}
