using System.Diagnostics;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <summary>
/// What the replicas of a generation exchange, step by step, and for how much of that time somebody waits. Used within one grain's turns.
/// </summary>
internal sealed class ReplicaTransfers
{
    // When sums of the step under way began and ended to travel.
    private readonly List<(long Begin, long End)> _sums = [];
    private long _bytes;
    private TimeSpan _taken;
    private TimeSpan _waited;

    /// <summary>The last step's; null before one was exchanged.</summary>
    public ReplicaTraffic? Last { get; private set; }

    /// <summary>Notes sums that were sent to an owner since a moment.</summary>
    public void Sums(IEnumerable<TensorTicket> tickets, long since)
    {
        _bytes += Bytes(tickets);
        _sums.Add((since, Stopwatch.GetTimestamp()));
    }

    /// <summary>Notes weights that were sent to a replica since a moment.</summary>
    public void Weights(IEnumerable<TensorTicket> tickets, long since, TimeSpan waited)
    {
        _bytes += Bytes(tickets);
        _taken += Stopwatch.GetElapsedTime(since);
        _waited += waited;
    }

    /// <summary>
    /// Ends a step, with the weights of the one before, which have come meanwhile: from the moment on that the last micro-batch was through,
    /// the run waited for sums.
    /// </summary>
    /// <param name="walked">That moment.</param>
    public void End(long walked)
    {
        foreach (var (begin, end) in _sums)
        {
            _taken += Stopwatch.GetElapsedTime(begin, end);
            if (end > walked) _waited += Stopwatch.GetElapsedTime(Math.Max(begin, walked), end);
        }

        if (_bytes > 0) Last = new ReplicaTraffic(_bytes, _taken > TimeSpan.Zero ? Math.Clamp(1 - (_waited / _taken), 0, 1) : 1);
        (_bytes, _taken, _waited) = (0, TimeSpan.Zero, TimeSpan.Zero);
        _sums.Clear();
    }

    private static long Bytes(IEnumerable<TensorTicket> tickets) => tickets.Sum(
        t => t.Shape.Aggregate(1L, (count, size) => count * size) * Enum.Parse<ScalarType>(t.DType).ElementSize());
}
