namespace LisaOrleans.Data;

/// <summary>A field or a variable of an example that a template of a folder does not write.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role">The role of the turns in which it is not written; null where the template never names it.</param>
internal sealed record UnwrittenField(string Name, string? Role);
