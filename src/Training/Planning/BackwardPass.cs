using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// What a step's last backward pass takes beside weights and optimizer state. Gradients come as activations go, so that the most of both
/// is not there at one time: it is looked at in the head, in the layers, and in the embedding, where it ends, and where the room is free
/// in which layers were unpacked.
/// </summary>
internal sealed class BackwardPass
{
    private const long Single = sizeof(float);

    private readonly MemoryPlanOptions _options;
    private readonly long _compute;
    private readonly long _tokens;

    // Numbers that train: of the head, of a tied matrix, of the layers at most, and of the embedding.
    private readonly long _head;
    private readonly long _tied;
    private readonly long _layers;
    private readonly long _embedding;

    // Bytes of what all layers keep, of what one of them keeps at most, of a chunk's logits, and of the hidden states between two parts.
    private readonly long _kept;
    private readonly long _largest;
    private readonly long _logits;
    private readonly long _hidden;

    // Bytes of the room in which layers that do not train are unpacked.
    private readonly long _scratch;

    private readonly int _logitsAtOnce;
    private readonly bool _hasChunks;

    /// <summary>That of a run.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="options">How it trains.</param>
    /// <param name="layers">The parameters of its decoder layers.</param>
    /// <param name="adapters">Numbers of all adapters; 0 for none.</param>
    /// <exception cref="OverflowException">A number does not fit 64 bits.</exception>
    public BackwardPass(ModelConfig config, MemoryPlanOptions options, IReadOnlyList<ParameterSpec>[] layers, long adapters)
    {
        checked
        {
            _options = options;
            _compute = options.Dtypes.Compute.ElementSize();
            _tokens = (long)options.BatchSize * options.SequenceLength;
            var ends = options.TrainEmbeddings && options.Adapters is null;
            _head = ends ? Count(config.HeadSpecs()) : 0;
            _embedding = ends ? Count(config.EmbeddingSpecs()) : 0;
            _tied = ends && config.TieWordEmbeddings ? config.EmbeddingSpecs()[0].Count : 0;
            _layers = options.Adapters is null ? layers.Select(Count).OrderDescending().Take(options.ActiveLayers).Sum() : adapters;
            (_kept, _largest) = Kept(config);
            var chunk = Math.Min(_tokens, Math.Max(1, HeadPart.ChunkLogits / config.VocabSize));
            (_logits, _logitsAtOnce, _hasChunks) = (chunk * config.VocabSize * Single, config.SavedByLogit(), chunk < _tokens);
            _hidden = _tokens * config.HiddenSize * _compute;
            _scratch = FormMemory.Scratch(layers, options);
        }
    }

    /// <summary>Bytes of all gradients, and what the pass takes in addition when it takes the most.</summary>
    /// <exception cref="OverflowException">A number does not fit 64 bits.</exception>
    public (long Gradients, long Activations) Peak()
    {
        checked
        {
            // A tied matrix has one gradient for each of its uses; that of the head is in float32 by the time the embedding's is made.
            var (each, tied) = (GradientsOf(_options.Adapters is null ? _compute : Single), GradientsOf(Single));
            var all = (each.Standing * (_embedding + _layers + _head)) + (tied.Standing * _tied);
            var ofHead = (each.Made * _head) + (_tied * (tied.Made == 0 && _compute == Single ? 0 : _compute));
            var gradients = all + (tied.Made * _tied) + (each.Made * (_head + _layers + _embedding));
            long[] moments =
            [
                all + (_hasChunks ? ofHead : 0) + _scratch + _kept + (_logitsAtOnce * _logits),
                all + ofHead + _scratch + _kept + _logits,
                all + ofHead + (each.Made * _layers) + _scratch + _kept + _largest,
                gradients + (2 * _hidden),
            ];
            return (gradients, moments.Max() - gradients);
        }
    }

    private GradientBytes GradientsOf(long size) => GradientBytes.Of(_options.GradientAccumulationSteps, _options.GradientLanes, size);

    // The most over all choices of layers; a recomputed layer keeps only its input until its turn comes. While a layer goes backward,
    // gradients of what it has kept come beside that.
    private (long All, long Largest) Kept(ModelConfig config)
    {
        checked
        {
            var (frozen, active) = (new long[config.NumHiddenLayers], new long[config.NumHiddenLayers]);
            for (var i = 0; i < frozen.Length; i++)
            {
                var saved = config.SavedByLayer(i, _options.SequenceLength);
                frozen[i] = _tokens * saved.Bytes(active: false, (int)_compute);
                active[i] = _options.Adapters is { } lora
                    ? frozen[i] + (_tokens * _compute * lora.Saved(config, i))
                    : _tokens * saved.Bytes(active: true, (int)_compute);
            }

            return _options.GradientCheckpointing
                ? (_tokens * _compute * config.HiddenSize * config.NumHiddenLayers, 2 * active.Max())
                : (frozen.Sum() + active.Zip(frozen, (a, f) => a - f).OrderDescending().Take(_options.ActiveLayers).Sum(), active.Max());
        }
    }

    private static long Count(IReadOnlyList<ParameterSpec> specs) => specs.Sum(s => s.Count);
}
