namespace LisaOrleans.Silo;

/// <summary>A use of a sample that made an evaluation worse.</summary>
/// <param name="Sample">Its number, as in the ledger.</param>
/// <param name="Step">The step that learned from it.</param>
/// <param name="MicroBatch">The micro-batch of the step, from 1.</param>
public sealed record BlamedSample(int Sample, long Step, int MicroBatch);
