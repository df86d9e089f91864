using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>
/// What a step's last backward pass, or the update after it, takes beside weights and optimizer state. Gradients come as activations go, so that the most of both
/// is not there at one time: it is looked at in the head, in the layers, and in the embedding, where it ends, and where the room is free
/// in which layers were unpacked. Other micro-batches that are on their way meanwhile keep their activations.
/// </summary>
internal sealed class BackwardPass
{
    private const long Single = sizeof(float);

    private static readonly LastResult<(ModelConfig Config, TrainingSpec Spec, bool OnGpu), BackwardPass> s_last = new(
        a => new BackwardPass(a.Config, RunCapacity.Options(a.Spec, a.Config, a.OnGpu)),
        (a, b) => ReferenceEquals(a.Config, b.Config) && ReferenceEquals(a.Spec, b.Spec) && a.OnGpu == b.OnGpu);

    private readonly MemoryPlanOptions _options;
    private readonly long _compute;
    private readonly long _tokens;

    // Of a number that trains, and of one of a tied matrix in its other use.
    private readonly GradientBytes _each;
    private readonly GradientBytes _ofTable;
    private readonly GradientBytes _ofTied;

    // Numbers that train: of the head, and of a tied matrix. Of the embedding, those of the rows that a step's tokens use; and all that its
    // update gets.
    private readonly long _head;
    private readonly long _tied;
    private readonly long _embedding;
    private readonly long _updated;

    // Of all layers.
    private readonly LayersMemory _layers;

    // Bytes of a chunk's logits, and of the hidden states between two parts.
    private readonly long _logits;
    private readonly long _hidden;

    // Bytes of the room in which layers that do not train are unpacked.
    private readonly long _scratch;

    // Bytes of the update of any parameter of a layer, of the embedding, and of the head.
    private readonly (long Layers, long Embedding, long Head) _update;

    private readonly int _logitsAtOnce;
    private readonly bool _hasChunks;

    /// <summary>That of a run.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="options">How it trains.</param>
    /// <exception cref="OverflowException">A number does not fit 64 bits.</exception>
    public BackwardPass(ModelConfig config, MemoryPlanOptions options)
    {
        checked
        {
            _options = options;
            _compute = options.Dtypes.Compute.ElementSize();
            _tokens = (long)options.BatchSize * options.SequenceLength;
            (_each, _ofTied) = (GradientsOf(options.Adapters is null ? _compute : Single), GradientsOf(Single));
            _ofTable = GradientsOf(_compute, isTable: true);
            var ends = options.TrainEmbeddings && options.Adapters is null;
            _head = ends ? Count(config.HeadSpecs()) : 0;
            _embedding = ends ? EmbeddingNumbers(config, _tokens * options.GradientAccumulationSteps) : 0;
            _updated = ends && (config.TieWordEmbeddings || options.OnGpu) ? Count(config.EmbeddingSpecs()) : _embedding;
            _tied = ends && config.TieWordEmbeddings ? config.EmbeddingSpecs()[0].Count : 0;
            IReadOnlyList<ParameterSpec>[] layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(config.LayerSpecs)];
            Layers = [.. layers.Select((specs, i) => Layer(config, i, specs))];
            _layers = new LayersMemory(
                Most(l => l.Trained), Layers.Sum(l => l.Kept) + Most(l => l.KeptTraining), Layers.Max(l => l.Going));
            var chunk = Math.Min(_tokens, Math.Max(1, HeadPart.ChunkLogits / config.VocabSize));
            (_logits, _logitsAtOnce, _hasChunks) = (chunk * config.VocabSize * Single, config.SavedByLogit(), chunk < _tokens);
            _hidden = _tokens * config.HiddenSize * _compute;
            _scratch = FormMemory.Scratch(layers, options);
            var dtypes = options.Adapters is null ? options.Dtypes : options.Dtypes.OfAdapters;
            ParameterSpec[] ofLayers = [.. layers.SelectMany((specs, i) => options.Adapters?.Specs(config, i) ?? specs)];
            _update.Layers = Update(ofLayers, _each, dtypes);
            if (ends)
            {
                _update.Embedding = Update(config.EmbeddingSpecs(), config.TieWordEmbeddings ? _ofTied : _each, dtypes);
                _update.Head = Update(config.HeadSpecs(), _each, dtypes);
            }

            LargestTrained = (options.ActiveLayers > 0 ? ofLayers : []).Concat(ends ? [.. config.EmbeddingSpecs(), .. config.HeadSpecs()] : [])
                .Select(s => s.Count).DefaultIfEmpty().Max();
        }

        // Over all choices of layers.
        long Most(Func<LayerPass, long> of) => Layers.Select(of).OrderDescending().Take(options.ActiveLayers).Sum();
    }

    /// <summary>That of a run.</summary>
    /// <exception cref="OverflowException">A number does not fit 64 bits.</exception>
    public static BackwardPass Of(ModelConfig config, TrainingSpec spec, bool onGpu) => s_last.Of((config, spec, onGpu));

    /// <summary>Numbers of the largest tensor that may train.</summary>
    public long LargestTrained { get; }

    /// <summary>Each decoder layer.</summary>
    public IReadOnlyList<LayerPass> Layers { get; }

    /// <summary>Bytes of all gradients, and what the pass takes in addition when it takes the most.</summary>
    /// <exception cref="OverflowException">A number does not fit 64 bits.</exception>
    public (long Gradients, long Activations) Peak() => Peak(_layers, hasEmbedding: true, hasHead: true, inFlight: 1);

    /// <summary>The same for some layers in one place.</summary>
    /// <param name="layers">The layers.</param>
    /// <param name="hasEmbedding">Whether the embedding is there.</param>
    /// <param name="hasHead">Whether the head is there; a tied one is where the embedding is.</param>
    /// <param name="inFlight">Micro-batches whose activations are kept there at one time.</param>
    /// <exception cref="OverflowException">A number does not fit 64 bits.</exception>
    public (long Gradients, long Activations) Peak(LayersMemory layers, bool hasEmbedding, bool hasHead, int inFlight)
    {
        checked
        {
            // A tied matrix has one gradient for each of its uses; that of the head is in float32 by the time the embedding's is made.
            var (each, tied) = (_each, _ofTied);
            var (embedding, head, both) = (hasEmbedding ? _embedding : 0, hasHead ? _head : 0, hasHead ? _tied : 0);
            var (all, kept) = ((each.Standing * (embedding + layers.Trained + head)) + (tied.Standing * both), inFlight * layers.Kept);
            var ofHead = (each.Made * head) + (both * (tied.Made == 0 && _compute == Single ? 0 : _compute));
            var gradients = all + (tied.Made * both) + (each.Made * (head + layers.Trained)) + (_ofTable.Made * embedding);
            List<long> moments =
            [
                all + ofHead + (each.Made * layers.Trained) + _scratch + kept + layers.Going,
                gradients + kept - layers.Kept + (2 * _hidden),
                (each.Applied * ((hasEmbedding ? _updated : 0) + layers.Trained + head)) + Update(),
            ];
            if (hasHead)
            {
                moments.Add(all + (_hasChunks ? ofHead : 0) + _scratch + kept + (_logitsAtOnce * _logits));
                moments.Add(all + ofHead + _scratch + kept + _logits);
            }

            return (gradients, moments.Max() - gradients);
        }

        // Parts are updated one after the other.
        long Update() => Math.Max(
            layers.Trained > 0 ? _update.Layers : 0, Math.Max(hasEmbedding ? _update.Embedding : 0, hasHead ? _update.Head : 0));
    }

    /// <summary>Numbers of the embedding of which a step has gradients: of its matrix, those of the rows of so many tokens at most.</summary>
    /// <exception cref="OverflowException">The number does not fit 64 bits.</exception>
    internal static long EmbeddingNumbers(ModelConfig config, long tokens) =>
        checked(Count(config.EmbeddingSpecs()) - (Math.Max(0, config.VocabSize - tokens) * config.EmbeddingSpecs()[0].Shape[1]));

    // Of the parameter whose update takes the most.
    private long Update(IEnumerable<ParameterSpec> specs, GradientBytes gradient, PartDtypes dtypes) => specs
        .Select(s => _options.Optimizer.UpdateBytes(s, dtypes, gradient.Applied == Single ? ScalarType.Float32 : dtypes.Compute))
        .DefaultIfEmpty().Max();

    private GradientBytes GradientsOf(long size, bool isTable = false) =>
        GradientBytes.Of(_options.GradientAccumulationSteps, _options.GradientLanes, size, isTable);

    // A recomputed layer keeps only its input until its turn comes. While a layer goes backward, gradients of what it has kept come
    // beside that.
    private LayerPass Layer(ModelConfig config, int index, IReadOnlyList<ParameterSpec> specs)
    {
        checked
        {
            var (saved, lora) = (config.SavedByLayer(index, _options.SequenceLength), _options.Adapters);
            var trained = Count(lora?.Specs(config, index) ?? specs);
            var scores = _options.OnGpu ? Single * config.SavedOnGpuByLayer(index, _options.SequenceLength, _compute == Single) : 0;
            var frozen = _tokens * (saved.Bytes(active: false, (int)_compute) + scores);
            var active = lora is null
                ? _tokens * (saved.Bytes(active: true, (int)_compute) + scores)
                : frozen + (_tokens * _compute * lora.Saved(config, index));

            // What adapters need for a while is there in a forward pass, before gradients are.
            var going = Math.Max(active, lora?.Passing(config, index, _tokens, _compute) ?? 0);
            return _options.GradientCheckpointing
                ? new LayerPass(trained, _tokens * _compute * config.HiddenSize, 0, active + going)
                : new LayerPass(trained, frozen, active - frozen, going);
        }
    }

    private static long Count(IReadOnlyList<ParameterSpec> specs) => specs.Sum(s => s.Count);
}
