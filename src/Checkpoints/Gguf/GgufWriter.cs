using System.Text;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// Writes a GGUF file, version 3: what is known of the model, by key, then its tensors, whose bytes are asked for one tensor at a
/// time. Little-endian, like the machines that this runs on. Source: ggml's docs/gguf.md.
/// </summary>
public static class GgufWriter
{
    private const uint Version = 3;
    private const int Alignment = 32;

    // gguf_type.
    private const uint Byte = 0;
    private const uint UInt32 = 4;
    private const uint Int32 = 5;
    private const uint Float32 = 6;
    private const uint Bool = 7;
    private const uint Text = 8;
    private const uint List = 9;

    /// <summary>Writes a file, which appears whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="metadata">
    /// Values by key, in order: uint, float, bool, string, or a list of bytes, ints, floats or strings.
    /// </param>
    /// <param name="tensors">What the file holds, in the order in which it is written.</param>
    /// <param name="write">Writes the bytes of a tensor, as many as its length says.</param>
    /// <param name="cancellationToken">Cancels before the file appears.</param>
    public static Task WriteAsync(
        string path, IReadOnlyList<KeyValuePair<string, object>> metadata, IReadOnlyList<GgufTensor> tensors,
        Func<GgufTensor, Stream, CancellationToken, Task> write, CancellationToken cancellationToken) =>
        AtomicFile.WriteAsync(path, async (stream, token) =>
        {
            var header = Header(metadata, tensors);
            await stream.WriteAsync(header, token).ConfigureAwait(false);
            var at = (long)header.Length;
            foreach (var tensor in tensors)
            {
                await write(tensor, stream, token).ConfigureAwait(false);
                at += tensor.Length;
                await stream.WriteAsync(new byte[Aligned(at) - at], token).ConfigureAwait(false);
                at = Aligned(at);
                if (stream.Position != at)
                    throw new InvalidOperationException($"tensor '{tensor.Name}' was written with another length than {tensor.Length} bytes");
            }
        }, cancellationToken);

    private static byte[] Header(IReadOnlyList<KeyValuePair<string, object>> metadata, IReadOnlyList<GgufTensor> tensors)
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory, Encoding.UTF8);
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)metadata.Count);
        foreach (var (key, value) in metadata)
        {
            Write(writer, key);
            WriteValue(writer, value);
        }

        var offset = 0L;
        foreach (var tensor in tensors)
        {
            Write(writer, tensor.Name);
            writer.Write((uint)tensor.Shape.Count);
            foreach (var dimension in tensor.Shape.Reverse()) writer.Write((ulong)dimension);
            writer.Write((uint)tensor.Type);
            writer.Write((ulong)offset);
            offset = Aligned(offset + tensor.Length);
        }

        writer.Write(new byte[Aligned(memory.Length) - memory.Length]);
        return memory.ToArray();
    }

    private static void WriteValue(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case uint number:
                writer.Write(UInt32);
                writer.Write(number);
                break;
            case float number:
                writer.Write(Float32);
                writer.Write(number);
                break;
            case bool flag:
                writer.Write(Bool);
                writer.Write(flag);
                break;
            case string text:
                writer.Write(Text);
                Write(writer, text);
                break;
            case IReadOnlyList<byte> list:
                WriteList(writer, Byte, list, writer.Write);
                break;
            case IReadOnlyList<int> list:
                WriteList(writer, Int32, list, writer.Write);
                break;
            case IReadOnlyList<float> list:
                WriteList(writer, Float32, list, writer.Write);
                break;
            case IReadOnlyList<string> list:
                WriteList(writer, Text, list, text => Write(writer, text));
                break;
            default:
                throw new ArgumentException($"a {value.GetType()} has no place in a GGUF file", nameof(value));
        }
    }

    private static void WriteList<T>(BinaryWriter writer, uint type, IReadOnlyList<T> list, Action<T> write)
    {
        writer.Write(List);
        writer.Write(type);
        writer.Write((ulong)list.Count);
        foreach (var item in list) write(item);
    }

    private static void Write(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static long Aligned(long length) => (length + Alignment - 1) / Alignment * Alignment;
}
