using System.Collections.Concurrent;

namespace LisaOrleans.Grains;

/// <summary>Runs whose grain works on this silo, which has to hand them over before it leaves.</summary>
public sealed class LocalRuns
{
    private readonly ConcurrentDictionary<string, byte> _runs = new();
    private volatile bool _leaving;

    /// <summary>Names of runs.</summary>
    public IReadOnlyList<string> Names => [.. _runs.Keys];

    /// <summary>Whether this silo is about to leave, so that no run begins here.</summary>
    public bool AreLeaving => _leaving;

    /// <summary>Says that this silo is about to leave.</summary>
    public void Leave() => _leaving = true;

    /// <summary>Makes a run known.</summary>
    public void Add(string run) => _runs[run] = 0;

    /// <summary>Forgets a run.</summary>
    public void Remove(string run) => _runs.TryRemove(run, out _);
}
