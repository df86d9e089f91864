namespace LisaOrleans.Training;

/// <summary>What a silo computed in a simulated step, without a pause.</summary>
/// <param name="Step">The step, from 0.</param>
/// <param name="Replica">The replica.</param>
/// <param name="Stage">The stage in its replica, from 0.</param>
/// <param name="MicroBatch">The micro-batch in the step.</param>
/// <param name="Pass">Which way it went.</param>
/// <param name="Begin">Seconds since the beginning.</param>
/// <param name="End">Seconds since the beginning.</param>
public sealed record StageWork(int Step, int Replica, int Stage, int MicroBatch, StagePass Pass, double Begin, double End);
