namespace LisaOrleans.Silo;

/// <summary>The machine is about to be taken away.</summary>
/// <param name="Source">Who says so.</param>
/// <param name="Id">The service's own name for it.</param>
/// <param name="Kind">What will happen, in the service's words.</param>
public sealed record PreemptionNotice(string Source, string Id, string Kind);
