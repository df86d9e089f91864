namespace LisaOrleans;

/// <summary>A setting has no meaning where another one has one of certain values, and is refused there.</summary>
/// <param name="property">The other setting's property.</param>
/// <param name="values">Its values.</param>
[AttributeUsage(AttributeTargets.Property, AllowMultiple = true)]
public sealed class UnusedWithAttribute(string property, params string[] values) : Attribute
{
    /// <summary>The other setting's property.</summary>
    public string Property => property;

    /// <summary>Its values.</summary>
    public IReadOnlyList<string> Values => values;
}
