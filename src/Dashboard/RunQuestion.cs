namespace LisaOrleans.Dashboard;

/// <summary>What a page knows of a run.</summary>
/// <param name="View">The name of the memory that its knowledge came from; null if it knows nothing.</param>
/// <param name="Stride">Steps per point of the curve.</param>
/// <param name="Step">The last step.</param>
/// <param name="PeriodStride">Periods per column of the map.</param>
/// <param name="Period">The last period.</param>
/// <param name="Entry">The last event.</param>
internal sealed record RunQuestion(string? View, long Stride, long Step, long PeriodStride, long Period, long Entry);
