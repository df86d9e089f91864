using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace LisaOrleans.Grains.Tests;

/// <summary>Listens to the meters of the project in this process.</summary>
internal sealed class Measurements : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Instrument> _instruments = new();
    private readonly ConcurrentQueue<(string Name, string? Run, double Value)> _observed = new();

    public Measurements()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name != LisaTelemetry.Name) return;
            _instruments[instrument.Name] = instrument;
            listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    public IReadOnlyList<Instrument> Instruments => [.. _instruments.Values.OrderBy(i => i.Name, StringComparer.Ordinal)];

    /// <summary>What is observed of a run now, by instrument; phases are added up.</summary>
    public Dictionary<string, double> Observe(string run)
    {
        _observed.Clear();
        _listener.RecordObservableInstruments();
        return _observed.Where(o => o.Run == run).GroupBy(o => o.Name).ToDictionary(g => g.Key, g => g.Sum(o => o.Value));
    }

    /// <summary>What is observed of a run at one moment between two steps: twice the same.</summary>
    public async Task<Dictionary<string, double>> Steady(string run)
    {
        var observed = Observe(run);
        await Until.True(() =>
        {
            var before = observed;
            observed = Observe(run);
            return before.Count == observed.Count && before.All(b => observed.TryGetValue(b.Key, out var now) && now.Equals(b.Value));
        });
        return observed;
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string? run = null;
        foreach (var (name, text) in tags)
            if (name == "run") run = (string?)text;
        _observed.Enqueue((instrument.Name, run, value));
    }
}
