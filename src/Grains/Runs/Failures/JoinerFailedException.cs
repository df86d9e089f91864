namespace LisaOrleans.Grains;

/// <summary>Silos that were to be taken in could not load their parts. The run goes on without them, whatever it was that failed there.</summary>
/// <param name="silos">The silos.</param>
/// <param name="inner">What failed.</param>
internal sealed class JoinerFailedException(IEnumerable<string> silos, Exception inner)
    : Exception($"{string.Join(", ", silos)} could not load what it was to take over: {inner.Message}", inner);
