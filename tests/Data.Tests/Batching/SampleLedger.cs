namespace LisaOrleans.Data.Tests;

/// <summary>Proves from a run's own records that each sample was used exactly once in each epoch.</summary>
/// <param name="sampleCount">Samples of the data set.</param>
/// <param name="stepsPerEpoch">Steps of an epoch.</param>
internal sealed class SampleLedger(int sampleCount, long stepsPerEpoch)
{
    private readonly Dictionary<(long Epoch, int Sample), long> _used = [];
    private readonly List<string> _faults = [];
    private long _lastStep;

    /// <summary>Takes the next step's samples.</summary>
    public void Record(long step, IReadOnlyList<int> samples)
    {
        if (step != _lastStep + 1) _faults.Add($"step {step} follows step {_lastStep}");
        _lastStep = step;
        var epoch = (step - 1) / stepsPerEpoch;
        foreach (var sample in samples)
        {
            if (sample < 0 || sample >= sampleCount) _faults.Add($"step {step}: there is no sample {sample}");
            else if (!_used.TryAdd((epoch, sample), step))
                _faults.Add($"step {step}: sample {sample} was used before in step {_used[(epoch, sample)]}");
        }
    }

    /// <summary>Everything that is wrong; empty if each sample was used once in every finished epoch, and at most once in the last.</summary>
    public IReadOnlyList<string> Verify()
    {
        var missing = Enumerable.Range(0, (int)(_lastStep / stepsPerEpoch))
            .SelectMany(epoch => Enumerable.Range(0, sampleCount)
                .Where(sample => !_used.ContainsKey((epoch, sample)))
                .Select(sample => $"epoch {epoch}: sample {sample} was never used"));
        return [.. _faults, .. missing];
    }
}
