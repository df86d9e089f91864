using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Where the tokens of a micro-batch stand, and who may see whom. Made inside a dispose scope for one forward pass of one
/// part.
/// </summary>
internal sealed class SequenceContext
{
    private readonly Device _device;
    private readonly MicroBatchPositions? _packed;
    private readonly long _start;
    private readonly long _length;

    private SequenceContext(Device device, long start, long length, MicroBatchPositions? packed, KeyValueCache? cache) =>
        (_device, _start, _length, _packed, Cache) = (device, start, length, packed, cache);

    /// <summary>Keys and values of the tokens before these; null in training.</summary>
    public KeyValueCache? Cache { get; }

    /// <summary>Tokens in the longest sequence here, including the cached ones before these.</summary>
    public long SequenceLength => _packed?.Longest ?? (_start + _length);

    /// <summary>Rows of one sample each; with a cache they continue after what it holds.</summary>
    public static SequenceContext Plain(Device device, long length, KeyValueCache? cache = null) =>
        new(device, cache?.Length ?? 0, length, null, cache);

    /// <summary>Packed rows. A position sees earlier positions of its own sample.</summary>
    public static SequenceContext Packed(Device device, MicroBatchPositions positions) =>
        new(device, 0, positions.Positions.shape[1], positions, null);

    /// <summary>Where these tokens stand, float32: [T], or [B, T] where rows differ.</summary>
    public Tensor Positions() => _packed is null
        ? TensorArithmetic.Range(_start, _start + _length, ScalarType.Float32, _device)
        : _packed.Positions.to(ScalarType.Float32);

    /// <summary>The rows of a table [positions, ...] that these tokens have: [T, ...], or [B, T, ...] where rows differ.</summary>
    public Tensor RowsOf(Tensor table) => _packed is null ? table.narrow(0, _start, _length) : table[_packed.Positions];

    /// <summary>
    /// Lengths of the samples of each packed row: attention is to be done for each sample by itself, with a plain context of its
    /// length. Null where each row is one sample.
    /// </summary>
    public IReadOnlyList<long[]>? Samples => _packed?.Samples;

    /// <summary>
    /// Bool, [T, S], for rows of one sample each: true where position t sees position s. Null where it sees all before it:
    /// plainly causal, or one token after all that are cached.
    /// </summary>
    /// <param name="window">A position sees itself and those less than this far back; null for all.</param>
    public Tensor? Mask(int? window)
    {
        var windowed = window is { } width && width < _start + _length;
        return !windowed && (_start == 0 || _length == 1) ? null : WholeMask(window);
    }

    /// <summary>The same, never null.</summary>
    public Tensor WholeMask(int? window)
    {
        var mask_TS = ones(_length, _start + _length, dtype: ScalarType.Bool, device: _device).tril(_start);
        return window is { } width && width < _start + _length ? mask_TS.triu(_start - width + 1) : mask_TS;
    }
}
