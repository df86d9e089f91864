namespace LisaOrleans.Training;

/// <summary>A silo with a stage in a <see cref="StepSimulation"/>: one device, which prefers backward work and is never interrupted.</summary>
internal sealed class SimulatedStage
{
    private readonly Queue<Job> _backward = [];
    private readonly Queue<Job> _forward = [];
    private bool _busy;

    /// <param name="index">Its number among the silos of all replicas.</param>
    /// <param name="number">Its number in its replica.</param>
    /// <param name="parts">Its parts in the order of the walk, without a head that is tied.</param>
    /// <param name="secondsPerMultiplyAdd">For all tokens of a micro-batch.</param>
    public SimulatedStage(int index, int number, IReadOnlyList<PartCost> parts, double secondsPerMultiplyAdd)
    {
        (Index, Number, Parts) = (index, number, parts);
        (ForwardSeconds, BackwardSeconds) = (parts.Sum(p => p.Forward) * secondsPerMultiplyAdd, parts.Sum(p => p.Backward) * secondsPerMultiplyAdd);
        (ForwardBefore, BackwardUntil) = (new double[parts.Count], new double[parts.Count]);
        for (var i = 1; i < parts.Count; i++) ForwardBefore[i] = ForwardBefore[i - 1] + (parts[i - 1].Forward * secondsPerMultiplyAdd);
        for (var (i, sum) = (parts.Count - 1, 0.0); i >= 0; i--) BackwardUntil[i] = sum += parts[i].Backward * secondsPerMultiplyAdd;
    }

    public int Index { get; }

    public int Number { get; }

    public IReadOnlyList<PartCost> Parts { get; }

    public double ForwardSeconds { get; }

    public double BackwardSeconds { get; }

    /// <summary>[part]: seconds of the forward pass before it.</summary>
    public double[] ForwardBefore { get; }

    /// <summary>[part]: seconds of the backward pass until it is through.</summary>
    public double[] BackwardUntil { get; }

    /// <value>The moment from which on the next step's forward passes have the weights that they need.</value>
    public double WeightsThere { get; set; }

    /// <summary>The place of a part in the stage; that of a tied head is the embedding's.</summary>
    public int PlaceOf(string part)
    {
        for (var i = 0; i < Parts.Count; i++)
            if (Parts[i].Name == part) return i;
        return 0;
    }

    /// <summary>Queues a job; it begins as soon as the device is free.</summary>
    public void Add(EventQueue events, bool forward, double seconds, Action<double> done)
    {
        (forward ? _forward : _backward).Enqueue(new Job(seconds, done));
        Begin(events);
    }

    private void Begin(EventQueue events)
    {
        if (_busy || (!_backward.TryDequeue(out var job) && !_forward.TryDequeue(out job))) return;
        _busy = true;
        var begun = events.Now;
        events.At(begun + job.Seconds, () =>
        {
            _busy = false;
            job.Done(begun);
            Begin(events);
        });
    }

    /// <summary>Work of so many seconds, and what follows; it is told when the work began.</summary>
    private sealed record Job(double Seconds, Action<double> Done);
}
