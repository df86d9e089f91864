namespace LisaOrleans.Api;

/// <summary>Settings of a method.</summary>
/// <typeparam name="T">Its hyperparameters.</typeparam>
public sealed record JobMethodSettings<T>
    where T : class
{
    /// <value>Its hyperparameters; null for all defaults.</value>
    public T? Hyperparameters { get; init; }
}
