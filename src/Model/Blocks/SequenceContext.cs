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

    /// <summary>Packed rows. A position sees earlier positions of its own segment.</summary>
    public static SequenceContext Packed(Device device, MicroBatchPositions positions) =>
        new(device, 0, positions.Segments.shape[1], positions, null);

    /// <summary>Where these tokens stand, float32: [T], or [B, T] where rows differ.</summary>
    public Tensor Positions() => _packed is null
        ? TensorArithmetic.Range(_start, _start + _length, ScalarType.Float32, _device)
        : _packed.Positions.to(ScalarType.Float32);

    /// <summary>The rows of a table [positions, ...] that these tokens have: [T, ...], or [B, T, ...] where rows differ.</summary>
    public Tensor RowsOf(Tensor table) => _packed is null ? table.narrow(0, _start, _length) : table[_packed.Positions];

    /// <summary>
    /// Bool, broadcast to [B, H, T, S]: true where position t sees position s. Null where it sees all before it: plainly
    /// causal, or one token after all that are cached.
    /// </summary>
    /// <param name="window">A position sees itself and those less than this far back; null for all.</param>
    public Tensor? Mask(int? window)
    {
        var windowed = window is { } width && width < _start + _length;
        var plain = _packed is null && !windowed && (_start == 0 || _length == 1);
        return plain ? null : WholeMask(window);
    }

    /// <summary>The same, never null.</summary>
    public Tensor WholeMask(int? window)
    {
        var mask_TS = ones(_length, _start + _length, dtype: ScalarType.Bool, device: _device).tril(_start);
        if (window is { } width && width < _start + _length) mask_TS = mask_TS.triu(_start - width + 1);
        if (_packed is null) return mask_TS;
        var segments_BT = _packed.Segments;
        var same_BTT = segments_BT.unsqueeze(2).eq(segments_BT.unsqueeze(1));
        return same_BTT.logical_and(mask_TS).unsqueeze(1);
    }
}
