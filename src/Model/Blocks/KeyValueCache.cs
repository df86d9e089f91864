using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>Keys and values of the tokens that one layer has seen, [B, kv heads, capacity, K]. Owns both buffers.</summary>
internal sealed class KeyValueCache(long[] shape, ScalarType dtype, Device device) : IDisposable
{
    private readonly Tensor _keys = zeros(shape, dtype, device).DetachFromDisposeScope();
    private readonly Tensor _values = zeros(shape, dtype, device).DetachFromDisposeScope();

    /// <summary>Tokens in the cache.</summary>
    public long Length { get; private set; }

    /// <summary>Appends new keys and values, [B, kv heads, T, K]; returns views of all, [B, kv heads, S, K].</summary>
    public (Tensor Keys, Tensor Values) Append(Tensor keys, Tensor values)
    {
        var count = keys.shape[2];
        _keys.narrow(2, Length, count).copy_(keys);
        _values.narrow(2, Length, count).copy_(values);
        Length += count;
        return (_keys.narrow(2, 0, Length), _values.narrow(2, 0, Length));
    }

    /// <summary>Forgets all tokens.</summary>
    public void Clear() => Length = 0;

    public void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
    }
}
