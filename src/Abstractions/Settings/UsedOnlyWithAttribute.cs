namespace LisaOrleans;

/// <summary>
/// A setting has a meaning only where another one has a certain value, and is refused elsewhere. One of several of these is enough.
/// </summary>
/// <param name="property">The other setting's property.</param>
/// <param name="value">Its value.</param>
[AttributeUsage(AttributeTargets.Property, AllowMultiple = true)]
public sealed class UsedOnlyWithAttribute(string property, string value) : Attribute
{
    /// <summary>The other setting's property.</summary>
    public string Property => property;

    /// <summary>Its value.</summary>
    public string Value => value;
}
