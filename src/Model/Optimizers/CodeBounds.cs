using System.Runtime.CompilerServices;

namespace LisaOrleans.Model;

/// <summary>
/// Which of at most 256 values is the nearest: how many of the ascending bounds between them a number lies above, as
/// <c>torch.bucketize</c> counts. The upper half of a float32's bits says nearly all, so that it is looked up, and only the rest compared.
/// </summary>
internal sealed class CodeBounds
{
    private readonly float[] _bounds;

    // For each upper half of a float32's bits, how many bounds lie below all numbers that begin with it.
    private readonly byte[] _below = new byte[1 << 16];

    /// <param name="bounds">Ascending, at most 255.</param>
    public CodeBounds(IReadOnlyList<float> bounds)
    {
        _bounds = [.. bounds];
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_bounds.Length, byte.MaxValue, nameof(bounds));
        for (var half = 0; half < _below.Length; half++)
        {
            // The least of negative numbers has the greatest magnitude. Those from 0xFF80 on are minus infinity, or none at all.
            var bits = (uint)half << 16;
            _below[half] = Count(BitConverter.UInt32BitsToSingle(half is >= 0x8000 and < 0xFF80 ? bits | 0xFFFF : bits), 0);
        }
    }

    /// <summary>How many bounds a number lies above; for one that is none, all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte CodeOf(float number) => Count(number, _below[BitConverter.SingleToUInt32Bits(number) >> 16]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte Count(float number, int from)
    {
        var bounds = _bounds;
        while (from < bounds.Length && !(bounds[from] >= number)) from++;
        return (byte)from;
    }
}
