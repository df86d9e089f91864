namespace LisaOrleans.Silo;

/// <summary>The machine is about to be taken away.</summary>
/// <param name="Source">Where the notice comes from.</param>
/// <param name="Id">The service's own id of the notice.</param>
/// <param name="Kind">What will happen, in the service's words.</param>
public sealed record PreemptionNotice(string Source, string Id, string Kind);
