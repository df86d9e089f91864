using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>Whether a silo has room for a stage of a run.</summary>
internal sealed class StageMemory
{
    // Memory for the runtime and what the heap loses between tensors, besides weights, gradients and optimizer state.
    public const double Headroom = 1.25;

    private static readonly LastResult<(ModelConfig Config, TrainingSpec Spec, int Arriving), StageMemory> s_last = new(
        a => new StageMemory(a.Config, a.Spec, a.Arriving),
        (a, b) => ReferenceEquals(a.Config, b.Config) && ReferenceEquals(a.Spec, b.Spec) && a.Arriving == b.Arriving);

    // Of each layer the moments that are on their way to the store when it has fallen asleep; empty where none are.
    private readonly double[] _parked = [];
    private readonly Passes _onCpu;
    private readonly Passes _onGpu;
    private readonly bool _runsOnGpus;

    private StageMemory(ModelConfig config, TrainingSpec spec, int arriving)
    {
        Work = PartWork.Of(config, spec, arriving);
        (Layers, IsTied, MicroBatches) = (config.NumHiddenLayers, config.TieWordEmbeddings, spec.GradientAccumulationSteps);
        _runsOnGpus = WeightForms.RunOnGpus(spec);
        if (RunCapacity.ParksMoments(spec))
        {
            var options = RunCapacity.Options(spec, config, onGpu: false);
            _parked = [.. Enumerable.Range(0, Layers).Select(i => (double)MemoryPlan.MomentBytes(config.LayerSpecs(i), options))];
        }

        (_onCpu, _onGpu) = (new Passes(config, spec, onGpu: false), new Passes(config, spec, onGpu: true));
    }

    /// <summary>The run's parts.</summary>
    public PartWork Work { get; }

    /// <summary>Decoder layers.</summary>
    public int Layers { get; }

    /// <summary>Whether the head lies with the embedding.</summary>
    public bool IsTied { get; }

    /// <summary>Micro-batches of a step.</summary>
    public int MicroBatches { get; }

    /// <summary>That of a run.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="arriving">Sums of each gradient that may come from other replicas; see <see cref="PartWork.Of"/>.</param>
    /// <exception cref="OverflowException">A number does not fit 64 bits.</exception>
    public static StageMemory Of(ModelConfig config, TrainingSpec spec, int arriving) => s_last.Of((config, spec, arriving));

    /// <summary>[n]: bytes that decoder layers from n up to but not including the end hold, and what a pass through them takes.</summary>
    /// <param name="end">From 1 to the number of layers.</param>
    /// <param name="onGpu">Whether the silo that has them computes on a GPU.</param>
    public (double Held, LayersMemory Pass)[] LayersUpTo(int end, bool onGpu)
    {
        var (held, active, passes) = (Work.LayersUpTo(end), Work.ActiveLayers, PassesOf(onGpu));
        var kept = PartWork.MostFrom(passes.Kept, passes.KeptTraining, active, end);
        var trained = PartWork.MostFrom(new double[end], passes.Trained, active, end);

        // A GPU's are in another memory then.
        var parked = onGpu || _parked.Length == 0 ? new double[end] : PartWork.MostFrom(new double[end], _parked, active, end);
        var found = new (double, LayersMemory)[end];
        for (var (layer, going) = (end - 1, 0L); layer >= 0; layer--)
        {
            going = Math.Max(going, passes.Pass.Layers[layer].Going);
            found[layer] = (held[layer] + parked[layer], new LayersMemory((long)trained[layer], (long)kept[layer], going));
        }

        return found;
    }

    /// <summary>Whether a silo has room for a stage, and computes on what the run can.</summary>
    /// <param name="layers">The stage's layers, as <see cref="LayersUpTo"/> has them.</param>
    /// <param name="first">Whether it is the first stage.</param>
    /// <param name="last">Whether it is the last one.</param>
    /// <param name="inFlight">Micro-batches that are on their way through all stages at one time.</param>
    /// <param name="silo">The silo.</param>
    public bool Fits((double Held, LayersMemory Pass) layers, bool first, bool last, int inFlight, TrainingSilo silo)
    {
        if (silo.OnGpu && !_runsOnGpus) return false;
        var room = silo.MemoryBytes;
        if (room == 0) return true;
        var head = IsTied ? first : last;
        var held = layers.Held + (first ? Work.EmbeddingBytes : 0) + (head ? Work.HeadBytes : 0);
        if (held * Headroom > room) return false;

        // Where the head follows at once, a micro-batch goes back before the next one comes. Elsewhere all of them may wait for a slow silo.
        var kept = last && head ? 1 : Math.Min(inFlight, MicroBatches);
        return held - Work.ScratchBytes + PassesOf(silo.OnGpu).Pass.Peak(layers.Pass, first, head, kept).Activations <= room;
    }

    private Passes PassesOf(bool onGpu) => onGpu ? _onGpu : _onCpu;

    // On one kind of device. Attention keeps its scores on a GPU alone.
    private sealed class Passes
    {
        public Passes(ModelConfig config, TrainingSpec spec, bool onGpu)
        {
            Pass = BackwardPass.Of(config, spec, onGpu);
            (Kept, KeptTraining) = ([.. Pass.Layers.Select(l => (double)l.Kept)], [.. Pass.Layers.Select(l => (double)l.KeptTraining)]);
            Trained = [.. Pass.Layers.Select(l => (double)l.Trained)];
        }

        public BackwardPass Pass { get; }

        public double[] Kept { get; }

        public double[] KeptTraining { get; }

        public double[] Trained { get; }
    }
}
