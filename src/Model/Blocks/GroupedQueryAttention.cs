// Shapes: B batch, T sequence, S sequence with cache, D model width, H heads, G key/value heads, K head width.
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace LisaOrleans.Model;

/// <summary>
/// Causal self-attention in which each key/value head serves several neighbouring query heads (Ainslie et al., arXiv
/// 2305.13245); with as many key/value heads as query heads it is plain multi-head attention.
/// </summary>
internal sealed class GroupedQueryAttention : IBlock
{
    private readonly AttentionOptions _options;
    private readonly IProjections _queryKeyValue;
    private readonly Linear _output;
    private readonly Norm? _queryNorm;
    private readonly Norm? _keyNorm;
    private readonly Weight? _sinks;

    /// <summary>Asks for q_proj, k_proj, v_proj (or qkv_proj), o_proj, and q_norm, k_norm and sinks where there are any.</summary>
    public GroupedQueryAttention(WeightScope scope, AttentionOptions options)
        : this(scope, options, QueryKeyValue(scope, options), "o_proj")
    {
    }

    /// <summary>With maps of the family's own.</summary>
    /// <param name="scope">Hugging Face's self_attn.</param>
    /// <param name="options">Shape and additions.</param>
    /// <param name="queryKeyValue">The three maps.</param>
    /// <param name="output">Name of the output map.</param>
    /// <param name="transposed">Whether the output's matrix is stored as [input, output].</param>
    public GroupedQueryAttention(
        WeightScope scope, AttentionOptions options, IProjections queryKeyValue, string output, bool transposed = false)
    {
        (_options, _queryKeyValue) = (options, queryKeyValue);
        _output = new Linear(scope, output, options.QueryWidth, options.Width, options.OutputBias, transposed);
        if ((options.HeadNorm ?? options.WholeNorm) is { } norm)
        {
            var whole = options.HeadNorm is null;
            _queryNorm = norm(scope, "q_norm", whole ? options.QueryWidth : options.HeadDim);
            _keyNorm = norm(scope, "k_norm", whole ? options.KeyWidth : options.HeadDim);
        }

        if (options.Sinks) _sinks = scope.Sinks("sinks", options.Heads);
    }

    public Tensor Forward(Tensor x_BTD, SequenceContext context)
    {
        var (batch, length) = (x_BTD.shape[0], x_BTD.shape[1]);
        var maps = _queryKeyValue.Forward(x_BTD);
        var whole = _options.WholeNorm is not null;
        var q_BHTK = Rotate(Heads(maps[0], _options.Heads, _queryNorm), context);
        var k_BGSK = Rotate(Heads(maps[1], _options.KeyValueHeads, _keyNorm), context);
        var v_BGSK = Heads(maps[2], _options.KeyValueHeads, null);
        if (_options.QueryGrowth is { } growth) q_BHTK = growth.Apply(q_BHTK, context);
        if (context.Cache is { } cache) (k_BGSK, v_BGSK) = cache.Append(k_BGSK, v_BGSK);

        var (k_BHSK, v_BHSK) = (ForEachQueryHead(k_BGSK), ForEachQueryHead(v_BGSK));
        return _output.Forward(
            context.Samples is { } samples
                ? AttendApart(q_BHTK, k_BHSK, v_BHSK, samples)
                : Attend(q_BHTK, k_BHSK, v_BHSK, context));

        Tensor Heads(Tensor x, long heads, Norm? norm)
        {
            if (whole && norm is not null) x = norm.Forward(x);
            var x_BTHK = x.view(batch, length, heads, _options.HeadDim);
            if (!whole && norm is not null) x_BTHK = norm.Forward(x_BTHK);
            return x_BTHK.transpose(1, 2);
        }
    }

    public SavedNumbers Saved(long length)
    {
        long queries = _options.QueryWidth, keys = _options.KeyWidth;

        // Rotated queries, keys and values as attention sees them, and its output.
        var saved = new SavedNumbers(checked(4 * queries), 0, 0);
        if (_queryNorm is not null && _keyNorm is not null)
            saved += _queryNorm.Saved(queries, inputIsKept: false) + _keyNorm.Saved(keys, inputIsKept: false);
        if (_sinks is not null)
            saved += new SavedNumbers(checked(4 * _options.Heads * (SinkAttention.Width(_options.HeadDim) - _options.HeadDim)), 0, 0);
        return _options.Softcap is null ? saved : saved + new SavedNumbers(0, 0, checked(3 * _options.Heads * length));
    }

    /// <summary>
    /// Numbers in float32 that a GPU keeps for each token in addition: the scores of plain attention. Flash attention keeps none, but takes no
    /// mask, which a window shorter than sequences needs, and no float32; the other kernels are not deterministic. With a softcap they are
    /// among <see cref="Saved"/> everywhere.
    /// </summary>
    /// <param name="length">Tokens of a sequence.</param>
    /// <param name="inFloat32">Whether that is the compute dtype.</param>
    public long SavedOnGpu(long length, bool inFloat32) =>
        _options.Softcap is null && (inFloat32 || _options.Window < length) ? checked(_options.Heads * length) : 0;

    /// <summary>Keys and values that decoding keeps for each token.</summary>
    public long CachedNumbers => checked(2 * _options.KeyWidth);

    /// <summary>An empty cache, which the caller owns.</summary>
    public KeyValueCache NewCache(long batch, long capacity, ScalarType dtype, Device device) =>
        new([batch, _options.KeyValueHeads, capacity, _options.HeadDim], dtype, device);

    private static IProjections QueryKeyValue(WeightScope scope, AttentionOptions o) => o.FusedQkv
        ? new FusedProjections(
            new Linear(scope, "qkv_proj", o.Width, o.QueryWidth + (2 * o.KeyWidth), o.QkvBias), o.QueryWidth, o.KeyWidth, o.KeyWidth)
        : new SeparateProjections(
            new Linear(scope, "q_proj", o.Width, o.QueryWidth, o.QkvBias),
            new Linear(scope, "k_proj", o.Width, o.KeyWidth, o.QkvBias),
            new Linear(scope, "v_proj", o.Width, o.KeyWidth, o.QkvBias));

    private double Scale => _options.Scale ?? (1 / Math.Sqrt(_options.HeadDim));

    private Tensor Rotate(Tensor x_BHTK, SequenceContext context) => _options.Rotary?.Rotate(x_BHTK, context) ?? x_BHTK;

    // Each sample of a packed row by itself: no mask, and no scores of pairs that do not see each other.
    private Tensor AttendApart(Tensor q_BHTK, Tensor k_BHTK, Tensor v_BHTK, IReadOnlyList<long[]> samples)
    {
        var (queries, keys, values) = (Rows(q_BHTK), Rows(k_BHTK), Rows(v_BHTK));
        var outputs = samples.SelectMany((lengths, row) =>
            queries[row].split(lengths, 2).Zip(keys[row].split(lengths, 2), values[row].split(lengths, 2))
                .Select((s, i) => Attend(s.First, s.Second, s.Third, SequenceContext.Plain(q_BHTK.device, lengths[i]))));
        return cat([.. outputs], 1).view(q_BHTK.shape[0], q_BHTK.shape[2], _options.QueryWidth);

        // Splitting one row would copy its gradient.
        static Tensor[] Rows(Tensor x_BHTK) => x_BHTK.shape[0] == 1 ? [x_BHTK] : x_BHTK.split(1, 0);
    }

    // q [B, H, T, K], k and v [B, H, S, K] → [B, T, H · K].
    private Tensor Attend(Tensor q_BHTK, Tensor k_BHSK, Tensor v_BHSK, SequenceContext context)
    {
        var a_BHTK = _sinks is not null ? SinkAttention.Forward(q_BHTK, k_BHSK, v_BHSK, _sinks.Value, Scale, context.Mask(_options.Window))
            : _options.Softcap is { } cap ? CappedAttention(q_BHTK, k_BHSK, v_BHSK, cap, context)
            : FusedAttention(q_BHTK, k_BHSK, v_BHSK, context);
        return a_BHTK.transpose(1, 2).reshape(q_BHTK.shape[0], q_BHTK.shape[2], _options.QueryWidth);
    }

    private Tensor FusedAttention(Tensor q_BHTK, Tensor k_BHSK, Tensor v_BHSK, SequenceContext context)
    {
        // The operator scales by 1 / √K; the rest is done to the queries.
        var rest = _options.Scale is { } scale ? scale * Math.Sqrt(_options.HeadDim) : 1;
        if (Math.Abs(rest - 1) > 1e-12) q_BHTK = q_BHTK.Times(rest);
        var mask = context.Mask(_options.Window);

        // One new token sees everything cached, so it needs no mask.
        var causal = mask is null && q_BHTK.shape[2] > 1;
        return F.scaled_dot_product_attention(q_BHTK, k_BHSK, v_BHSK, attn_mask: mask, is_casual: causal);
    }

    // Written out, since the operator has no softcap; scores and softmax in float32.
    private Tensor CappedAttention(Tensor q_BHTK, Tensor k_BHSK, Tensor v_BHSK, double cap, SequenceContext context)
    {
        var s_BHTS = q_BHTK.matmul(k_BHSK.transpose(-2, -1)).to(ScalarType.Float32).Times(Scale).Over(cap).tanh().Times(cap);
        s_BHTS = s_BHTS.Filled(context.WholeMask(_options.Window).logical_not(), double.NegativeInfinity);
        return s_BHTS.softmax(-1).to(v_BHSK.dtype).matmul(v_BHSK);
    }

    // Grouped queries: each key/value head serves H / G neighbouring query heads.
    private Tensor ForEachQueryHead(Tensor x_BGSK)
    {
        long groups = _options.KeyValueHeads, repeats = _options.Heads / groups;
        if (repeats == 1) return x_BGSK;
        var (batch, length) = (x_BGSK.shape[0], x_BGSK.shape[2]);
        return x_BGSK.unsqueeze(2).expand(batch, groups, repeats, length, _options.HeadDim)
            .reshape(batch, groups * repeats, length, _options.HeadDim);
    }
}
