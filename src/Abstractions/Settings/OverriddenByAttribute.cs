namespace LisaOrleans;

/// <summary>
/// A setting has no effect where another one is set. Whoever gives it for a run whose settings are stored means it to have one: unless the
/// other is given too, that goes back to its default.
/// </summary>
/// <param name="property">The other setting's property.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OverriddenByAttribute(string property) : Attribute
{
    /// <summary>The other setting's property.</summary>
    public string Property => property;
}
