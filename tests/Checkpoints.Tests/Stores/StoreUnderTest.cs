namespace LisaOrleans.Checkpoints.Tests;

/// <summary>An empty store, with what tests of any store need beside its interface.</summary>
/// <param name="open">Opens it once more, as another process would.</param>
/// <param name="damage">Flips a bit of a stored blob behind the store's back.</param>
/// <param name="dispose">Removes it.</param>
public sealed class StoreUnderTest(Func<IBlobStore> open, Func<string, Task> damage, Action dispose) : IDisposable
{
    public IBlobStore Store { get; } = open();

    public IBlobStore OpenAgain() => open();

    public Task DamageAsync(string sha256) => damage(sha256);

    public void Dispose() => dispose();
}
