namespace LisaOrleans.Grains;

/// <summary>Silos could not do their part of the work while others could. The run goes on without them, whatever it was that failed there.</summary>
/// <param name="silos">The silos.</param>
/// <param name="inner">What failed.</param>
internal sealed class SiloFailedException(IEnumerable<string> silos, Exception inner)
    : Exception($"the run goes on without {string.Join(", ", silos)} for now: {inner.Message}", inner)
{
    /// <value>Whether one of them has not been left out before, or has shown since then that it works. Default false.</value>
    public bool IsNews { get; init; }
}
