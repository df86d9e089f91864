using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>Whether a silo has room for a stage of a run.</summary>
internal sealed class StageMemory
{
    // Memory for the runtime and what the heap loses between tensors, besides weights, gradients and optimizer state.
    public const double Headroom = 1.25;

    private static readonly LastResult<(ModelConfig Config, TrainingSpec Spec, int Arriving, bool OnGpu), StageMemory> s_last = new(
        a => new StageMemory(a.Config, a.Spec, a.Arriving, a.OnGpu),
        (a, b) => ReferenceEquals(a.Config, b.Config) && ReferenceEquals(a.Spec, b.Spec) && (a.Arriving, a.OnGpu) == (b.Arriving, b.OnGpu));

    private readonly BackwardPass _pass;
    private readonly double[] _kept;
    private readonly double[] _keptTraining;
    private readonly double[] _trained;

    private StageMemory(ModelConfig config, TrainingSpec spec, int arriving, bool onGpu)
    {
        Work = PartWork.Of(config, spec, arriving);
        (Layers, IsTied, MicroBatches) = (config.NumHiddenLayers, config.TieWordEmbeddings, spec.GradientAccumulationSteps);
        _pass = BackwardPass.Of(config, spec, onGpu);
        (_kept, _keptTraining) = ([.. _pass.Layers.Select(l => (double)l.Kept)], [.. _pass.Layers.Select(l => (double)l.KeptTraining)]);
        _trained = [.. _pass.Layers.Select(l => (double)l.Trained)];
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
    /// <param name="onGpu">Whether silos compute on a GPU.</param>
    /// <exception cref="OverflowException">A number does not fit 64 bits.</exception>
    public static StageMemory Of(ModelConfig config, TrainingSpec spec, int arriving, bool onGpu) =>
        s_last.Of((config, spec, arriving, onGpu));

    /// <summary>[n]: bytes that decoder layers from n up to but not including the end hold, and what a pass through them takes.</summary>
    /// <param name="end">From 1 to the number of layers.</param>
    public (double Held, LayersMemory Pass)[] LayersUpTo(int end)
    {
        var (held, active) = (Work.LayersUpTo(end), Work.ActiveLayers);
        var kept = PartWork.MostFrom(_kept, _keptTraining, active, end);
        var trained = PartWork.MostFrom(new double[end], _trained, active, end);
        var found = new (double, LayersMemory)[end];
        for (var (layer, going) = (end - 1, 0L); layer >= 0; layer--)
        {
            going = Math.Max(going, _pass.Layers[layer].Going);
            found[layer] = (held[layer], new LayersMemory((long)trained[layer], (long)kept[layer], going));
        }

        return found;
    }

    /// <summary>Whether a silo has room for a stage.</summary>
    /// <param name="layers">The stage's layers, as <see cref="LayersUpTo"/> has them.</param>
    /// <param name="first">Whether it is the first stage.</param>
    /// <param name="last">Whether it is the last one.</param>
    /// <param name="inFlight">Micro-batches that are on their way through all stages at one time.</param>
    /// <param name="room">What the silo offers; 0 for no limit.</param>
    public bool Fits((double Held, LayersMemory Pass) layers, bool first, bool last, int inFlight, long room)
    {
        if (room == 0) return true;
        var head = IsTied ? first : last;
        var held = layers.Held + (first ? Work.EmbeddingBytes : 0) + (head ? Work.HeadBytes : 0);
        if (held * Headroom > room) return false;

        // Where the head follows at once, a micro-batch goes back before the next one comes. Elsewhere all of them may wait for a slow silo.
        var kept = last && head ? 1 : Math.Min(inFlight, MicroBatches);
        return held - Work.ScratchBytes + _pass.Peak(layers.Pass, first, head, kept).Activations <= room;
    }
}
