namespace LisaOrleans.Api;

/// <summary>How far a job's run is. Not part of OpenAI's object.</summary>
/// <param name="Step">The last committed step.</param>
/// <param name="TotalSteps">Steps in all.</param>
/// <param name="Loss">Mean loss of that step, in nats per label.</param>
/// <param name="CheckpointStep">The step of the last checkpoint.</param>
/// <param name="Recoveries">How many times the run went back to a checkpoint.</param>
/// <param name="QueuePosition">Its place among the runs that wait for silos; 0 if it does not wait.</param>
public sealed record JobProgress(long Step, long TotalSteps, double? Loss, long CheckpointStep, int Recoveries, int QueuePosition);
