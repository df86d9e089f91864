using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace LisaOrleans.Checkpoints.Tests;

public sealed class MovableMemoryTests
{
    [Fact]
    public async Task Move_while_a_blob_is_read_leaves_its_bytes_as_they_were()
    {
        var (first, second) = (Bytes(10_000), Bytes(5_000));
        var (pinned, elsewhere) = (Pin(first), Pin([.. first]));
        var other = Pin(second);
        var memory = new MovableMemory(pinned.AddrOfPinnedObject());
        TensorSource[] sources =
        [
            new("a", TensorDType.U8, [first.Length], 0) { Memory = memory },
            new("b", TensorDType.U8, [second.Length], other.AddrOfPinnedObject()),
        ];
        var blob = SafetensorsWriter.Create(sources, cancellationToken: TestContext.Current.CancellationToken);
        using var whole = new MemoryStream();
        await blob.WriteToAsync(whole, TestContext.Current.CancellationToken);

        using var stream = blob.OpenRead();
        var read = new byte[blob.Length];
        stream.ReadExactly(read, 0, 3_000);
        memory.Move(elsewhere.AddrOfPinnedObject());
        Array.Clear(first);
        stream.ReadExactly(read, 3_000, read.Length - 3_000);

        Assert.Equal(whole.ToArray(), read);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(read)), blob.Sha256);
        foreach (var handle in (GCHandle[])[pinned, elsewhere, other]) handle.Free();
    }

    // Whoever still reads would read memory that is another's by then, or nobody's.
    [Fact]
    public async Task Read_stream_that_was_closed_reads_no_memory()
    {
        var pinned = Pin(Bytes(1_000));
        TensorSource[] sources = [new("a", TensorDType.U8, [1_000], pinned.AddrOfPinnedObject())];
        var blob = SafetensorsWriter.Create(sources, cancellationToken: TestContext.Current.CancellationToken);
        var stream = blob.OpenRead();
        stream.ReadExactly(new byte[500]);
        await stream.DisposeAsync();
        pinned.Free();

        Assert.Throws<ObjectDisposedException>(() => stream.ReadExactly(new byte[500]));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
            await stream.ReadExactlyAsync(new byte[500], TestContext.Current.CancellationToken));
    }

    private static byte[] Bytes(int count) => [.. Enumerable.Range(1, count).Select(i => (byte)(i * 7))];

    private static GCHandle Pin(byte[] bytes) => GCHandle.Alloc(bytes, GCHandleType.Pinned);
}
