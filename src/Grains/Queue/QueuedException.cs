namespace LisaOrleans.Grains;

/// <summary>There are no silos for the run now. It waits for its turn, for as long as that takes.</summary>
internal sealed class QueuedException() : Exception("no silos are free for it");
