using System.Buffers.Binary;
using System.Text.Json;

namespace LisaOrleans.Checkpoints;

/// <summary>Writes safetensors. The same tensors in the same order always give the same bytes.</summary>
public static class SafetensorsWriter
{
    private const int Alignment = 64;

    /// <summary>A blob of tensors, hashed but not copied.</summary>
    /// <param name="tensors">What it holds, in this order.</param>
    /// <param name="metadata">Free text, by name; null for none.</param>
    /// <param name="cancellationToken">Cancels hashing, which takes long where there is much.</param>
    public static SafetensorsBlob Create(
        IReadOnlyList<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) => new(Header(tensors, metadata), tensors, cancellationToken);

    /// <summary>Writes a file that appears whole or not at all.</summary>
    public static Task WriteFileAsync(
        string path, IReadOnlyList<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata, CancellationToken cancellationToken) =>
        AtomicFile.WriteAsync(
            path, (stream, token) => SafetensorsBlob.WriteAsync(stream, Header(tensors, metadata), tensors, token), cancellationToken);

    /// <summary>Writes a file that appears whole or not at all, of tensors that need not be in memory at one time.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">What it holds, in the order in which it is written.</param>
    /// <param name="metadata">Free text, by name; null for none.</param>
    /// <param name="write">Writes the bytes of a tensor, as many as its length says.</param>
    /// <param name="cancellationToken">Cancels before the file appears.</param>
    public static Task WriteFileAsync(
        string path, IReadOnlyList<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata,
        Func<TensorSource, Stream, CancellationToken, Task> write, CancellationToken cancellationToken) =>
        AtomicFile.WriteAsync(path, async (stream, token) =>
        {
            var header = Header(tensors, metadata);
            await stream.WriteAsync(header, token).ConfigureAwait(false);
            var at = (long)header.Length;
            foreach (var tensor in tensors)
            {
                await write(tensor, stream, token).ConfigureAwait(false);
                at += tensor.Length;
                if (stream.Position != at)
                    throw new InvalidOperationException($"tensor '{tensor.Name}' was written with another length than {tensor.Length} bytes");
            }
        }, cancellationToken);

    /// <summary>What precedes the bytes of the tensors, which follow one after the other in this order.</summary>
    public static byte[] Header(IReadOnlyList<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var buffer = new MemoryStream();
        buffer.Write(stackalloc byte[8]);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(SafetensorsHeader.MetadataName);
                foreach (var (name, value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal)) json.WriteString(name, value);
                json.WriteEndObject();
            }

            long offset = 0;
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.DType.Name());
                json.WriteStartArray("shape");
                foreach (var dimension in tensor.Shape) json.WriteNumberValue(dimension);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Most tensors then begin at a multiple of this, as in memory, and a mapped file can be used in place with the same bits.
        while (buffer.Length % Alignment != 0) buffer.WriteByte((byte)' ');
        var header = buffer.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(header.Length - 8));
        return header;
    }
}
