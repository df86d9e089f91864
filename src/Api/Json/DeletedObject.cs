namespace LisaOrleans.Api;

/// <summary>The answer to a deletion.</summary>
/// <param name="Id">What was deleted.</param>
/// <param name="Object">Its kind.</param>
public sealed record DeletedObject(string Id, string Object)
{
    /// <value>Always true.</value>
    public bool Deleted => true;
}
