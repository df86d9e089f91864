namespace LisaOrleans.Cluster;

/// <summary>A span that a collector got.</summary>
/// <param name="Instance">The service.instance.id of the process it is from.</param>
/// <param name="Trace">Its trace's id, in hexadecimal.</param>
/// <param name="Id">Its id.</param>
/// <param name="Parent">The id of its parent; empty for a root.</param>
/// <param name="Name">Its name.</param>
internal sealed record SpanRecord(string Instance, string Trace, string Id, string Parent, string Name);
