namespace LisaOrleans.Checkpoints.Tests;

/// <summary>An empty store, with what tests of any store need beside its interface.</summary>
/// <param name="open">Opens it once more, as another process would.</param>
/// <param name="damage">Changes the bytes of a stored blob behind the store's back.</param>
/// <param name="dispose">Removes it.</param>
public sealed class StoreUnderTest(Func<IBlobStore> open, Func<string, Func<byte[], byte[]>, Task> damage, Action dispose) : IDisposable
{
    public IBlobStore Store { get; } = open();

    public IBlobStore OpenAgain() => open();

    /// <summary>Flips a bit of a blob.</summary>
    public Task DamageAsync(string sha256) => damage(sha256, bytes =>
    {
        bytes[bytes.Length / 2] ^= 1;
        return bytes;
    });

    /// <summary>Leaves only the first half of a blob.</summary>
    public Task CutOffAsync(string sha256) => damage(sha256, bytes => bytes[..(bytes.Length / 2)]);

    public void Dispose() => dispose();
}
