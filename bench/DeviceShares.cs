using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace LisaOrleans.Bench;

/// <summary>What the device's thread of this process spends its time on, from a moment on.</summary>
internal sealed class DeviceShares : IDisposable
{
    private readonly ConcurrentDictionary<string, double> _seconds = new();
    private readonly MeterListener _listener = new();

    public DeviceShares()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "lisa.device.busy.time") listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) =>
            _seconds.AddOrUpdate((string)tags[0].Value!, seconds, (_, before) => before + seconds));
        _listener.Start();
    }

    /// <summary>Forgets what was so far.</summary>
    public void Restart() => _seconds.Clear();

    /// <summary>Seconds of each kind of work, and its share, in one line.</summary>
    public string Describe()
    {
        var all = _seconds.Values.Sum();
        return "device: " + string.Join(", ", _seconds.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => string.Create(
            CultureInfo.InvariantCulture, $"{s.Key} {s.Value:0.00} s ({s.Value / all:0.00})")));
    }

    public void Dispose() => _listener.Dispose();
}
