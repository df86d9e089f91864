using System.Numerics;

namespace LisaOrleans.Data;

/// <summary>A hash table from two numbers to two numbers that is only read once it is full.</summary>
internal sealed class PairTable
{
    private const ulong Free = ulong.MaxValue;

    private readonly ulong[] _keys;
    private readonly (int First, int Second)[] _values;
    private readonly int _shift;

    /// <param name="capacity">How many pairs there will be at most.</param>
    public PairTable(int capacity)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, capacity * 2L));
        _keys = new ulong[size];
        _values = new (int, int)[size];
        _shift = 64 - BitOperations.Log2((uint)size);
        Array.Fill(_keys, Free);
    }

    /// <summary>Sets the value of a pair of numbers, neither of them -1.</summary>
    public void Set(int left, int right, int first, int second)
    {
        var slot = Slot(Key(left, right));
        _keys[slot] = Key(left, right);
        _values[slot] = (first, second);
    }

    public bool TryGet(int left, int right, out int first, out int second)
    {
        var slot = Slot(Key(left, right));
        (first, second) = _values[slot];
        return _keys[slot] != Free;
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int Slot(ulong key)
    {
        var slot = (int)((key * 0x9E3779B97F4A7C15) >> _shift);
        while (_keys[slot] != key && _keys[slot] != Free) slot = (slot + 1) & (_keys.Length - 1);
        return slot;
    }
}
