namespace LisaOrleans.Data;

/// <summary>
/// Random numbers that are a pure function of (seed, stream, counter): SplitMix64 over a mixed key. There is no state to
/// save, and the order in which streams are read does not matter. Not for secrets.
/// </summary>
public sealed class CounterRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong _state;

    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">What the numbers are for: an epoch, a period.</param>
    public CounterRandom(ulong seed, ulong stream) => _state = Mix(Mix(seed + Golden) ^ (stream + Golden));

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64() => Mix(_state += Golden);

    /// <summary>A number from 0 to below <paramref name="bound"/>, all equally likely.</summary>
    public int NextInt(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);

        // Numbers beyond the last whole multiple of the bound would favour the small ones.
        var limit = ulong.MaxValue - (ulong.MaxValue % (ulong)bound);
        ulong number;
        do number = NextUInt64();
        while (number >= limit);
        return (int)(number % (ulong)bound);
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
