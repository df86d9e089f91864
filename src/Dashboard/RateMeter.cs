namespace LisaOrleans.Dashboard;

/// <summary>How fast a number grows, over the samples of the last few seconds.</summary>
/// <param name="window">How far back it looks.</param>
internal sealed class RateMeter(TimeSpan window)
{
    private readonly Queue<(double Clock, double Value)> _samples = new();

    /// <summary>Adds a sample; one that is lower than the last starts over.</summary>
    /// <param name="clock">Seconds on a clock that never goes back.</param>
    /// <param name="value">The number.</param>
    /// <returns>The growth per second; null while there are too few samples.</returns>
    public double? Add(double clock, double value)
    {
        if (_samples.Count > 0
            && (value < _samples.Last().Value || clock < _samples.Last().Clock || clock - _samples.Last().Clock > window.TotalSeconds))
        {
            _samples.Clear();
        }
        _samples.Enqueue((clock, value));
        while (_samples.Count > 2 && clock - _samples.Peek().Clock > window.TotalSeconds) _samples.Dequeue();
        var (firstClock, firstValue) = _samples.Peek();
        return clock - firstClock > 0.5 ? (value - firstValue) / (clock - firstClock) : null;
    }
}
