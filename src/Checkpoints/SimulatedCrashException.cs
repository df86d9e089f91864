namespace LisaOrleans.Checkpoints;

/// <summary>Stands for the death of the process in tests: nothing is cleaned up after it.</summary>
internal sealed class SimulatedCrashException : Exception;
