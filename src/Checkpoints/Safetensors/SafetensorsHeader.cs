using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// The header of a safetensors file, checked as strictly as Hugging Face's own reader does: the tensors cover the rest of the
/// file without gap or overlap, each with exactly the bytes of its shape.
/// </summary>
public sealed class SafetensorsHeader
{
    /// <summary>The longest header that is read: 100 MB, as everywhere.</summary>
    public const long MaxHeaderBytes = 100_000_000;

    internal const string MetadataName = "__metadata__";
    private const int PrefixBytes = 8;
    private const int FirstBytes = 1 << 16;

    private SafetensorsHeader(Dictionary<string, TensorInfo> tensors, Dictionary<string, string> metadata) =>
        (Tensors, Metadata) = (tensors, metadata);

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>The same in the order in which they are stored.</summary>
    public IEnumerable<TensorInfo> InOrder => Tensors.Values.OrderBy(t => t.Offset).ThenBy(t => t.Length);

    /// <summary>Free text, by name.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>How many bytes the length prefix and the header take.</summary>
    /// <param name="prefix">The first 8 bytes of the file, or fewer if it is shorter.</param>
    /// <param name="fileLength">Bytes of the whole file.</param>
    /// <param name="file">What messages call it.</param>
    public static long MeasureHeader(ReadOnlySpan<byte> prefix, long fileLength, string file)
    {
        if (fileLength < PrefixBytes || prefix.Length < PrefixBytes)
            throw new InvalidDataFileException(file, $"has {fileLength} bytes; a safetensors file begins with a header length of 8 bytes");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaxHeaderBytes) throw new InvalidDataFileException(file, $"header of {length} bytes; at most {MaxHeaderBytes} are allowed");
        if ((long)length > fileLength - PrefixBytes)
            throw new InvalidDataFileException(file, $"is cut off: its header has {length} bytes, the whole file {fileLength}");
        return PrefixBytes + (long)length;
    }

    /// <summary>Reads the header of a blob, and nothing else of it: it can be relied on once the blob was verified.</summary>
    /// <exception cref="InvalidDataFileException">The blob is intact, but is not a safetensors file.</exception>
    public static async Task<SafetensorsHeader> ReadAsync(IBlobStore store, BlobRef blob, CancellationToken cancellationToken)
    {
        try
        {
            var start = await store.ReadStartAsync(blob, FirstBytes, cancellationToken).ConfigureAwait(false);
            var length = (int)MeasureHeader(start.AsSpan(0, Math.Min(PrefixBytes, start.Length)), blob.Length, blob.Sha256);
            if (length > start.Length) start = await store.ReadStartAsync(blob, length, cancellationToken).ConfigureAwait(false);
            return Parse(start.AsSpan(0, length), blob.Length, blob.Sha256);
        }
        catch (InvalidDataFileException)
        {
            // Throws if the blob is damaged: then that is the error.
            (await store.ReadAsync(blob, cancellationToken).ConfigureAwait(false)).Dispose();
            throw;
        }
    }

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">The file from its start to the end of the header, as <see cref="MeasureHeader"/> says.</param>
    /// <param name="fileLength">Bytes of the whole file.</param>
    /// <param name="file">What messages call it.</param>
    /// <exception cref="InvalidDataFileException">Anything is wrong.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> bytes, long fileLength, string file)
    {
        var json = bytes[PrefixBytes..];
        try
        {
            // The reader itself replaces bad UTF-8, and late: find it first.
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(json);
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            while (reader.BytesConsumed < json.Length && json[(int)reader.BytesConsumed..].IndexOfAnyExcept((byte)' ') >= 0)
                throw new InvalidDataFileException(file, "header has something after its JSON object; only spaces may follow");
            return new Builder(file, bytes.Length, fileLength).Build(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException or InvalidOperationException)
        {
            // InvalidOperationException: an escaped half of a surrogate pair.
            var problem = e is DecoderFallbackException ? "is not UTF-8 text" : JsonFault.Problem(e) + JsonFault.InLine(e);
            throw new InvalidDataFileException(file, $"header {problem}");
        }
    }

    private sealed class Builder(string file, long dataStart, long fileLength)
    {
        private readonly Dictionary<string, TensorInfo> _tensors = [];
        private Dictionary<string, string> _metadata = [];

        public SafetensorsHeader Build(JsonElement root)
        {
            if (root.ValueKind != JsonValueKind.Object) throw Wrong("header must be a JSON object");
            var seenMetadata = false;
            foreach (var entry in root.EnumerateObject())
            {
                if (entry.Name == MetadataName)
                {
                    if (seenMetadata) throw Wrong($"'{MetadataName}' appears twice in the header");
                    seenMetadata = true;
                    _metadata = ReadMetadata(entry.Value);
                }
                else if (!_tensors.TryAdd(entry.Name, ReadTensor(entry.Name, entry.Value)))
                {
                    throw Wrong($"tensor '{entry.Name}' appears twice in the header");
                }
            }

            CheckCover();
            return new SafetensorsHeader(_tensors, _metadata);
        }

        private Dictionary<string, string> ReadMetadata(JsonElement value)
        {
            if (value.ValueKind != JsonValueKind.Object) throw Wrong($"'{MetadataName}' must be an object of texts");
            var metadata = new Dictionary<string, string>();
            foreach (var item in value.EnumerateObject())
            {
                if (item.Value.ValueKind != JsonValueKind.String) throw Wrong($"'{MetadataName}.{item.Name}' must be a text");
                if (!metadata.TryAdd(item.Name, item.Value.GetString()!)) throw Wrong($"'{MetadataName}.{item.Name}' appears twice");
            }

            return metadata;
        }

        private TensorInfo ReadTensor(string name, JsonElement value)
        {
            if (value.ValueKind != JsonValueKind.Object) throw Wrong($"tensor '{name}' must be an object with dtype, shape and data_offsets");
            JsonElement? dtype = null, shape = null, offsets = null;
            foreach (var field in value.EnumerateObject())
            {
                ref var slot = ref dtype;
                if (field.NameEquals("shape")) slot = ref shape;
                else if (field.NameEquals("data_offsets")) slot = ref offsets;
                else if (!field.NameEquals("dtype")) throw Wrong($"tensor '{name}' has an unknown field '{field.Name}'");
                if (slot is not null) throw Wrong($"tensor '{name}' has '{field.Name}' twice");
                slot = field.Value;
            }

            if (dtype is not { ValueKind: JsonValueKind.String } text || !TensorDTypeExtensions.TryParse(text.GetString(), out var type))
                throw Wrong($"tensor '{name}': dtype must be one of {string.Join(", ", TensorDTypeExtensions.Names)}");

            var dimensions = Numbers(shape, $"tensor '{name}': shape");
            var bounds = Numbers(offsets, $"tensor '{name}': data_offsets");
            if (bounds.Length != 2 || bounds[0] > bounds[1]) throw Wrong($"tensor '{name}': data_offsets must be [begin, end] with begin <= end");
            if (bounds[1] > fileLength - dataStart)
                throw Wrong($"is cut off: tensor '{name}' ends at byte {bounds[1]} of the data, which has {fileLength - dataStart}");

            var length = Size(dimensions, type.SizeInBytes());
            if (length != bounds[1] - bounds[0])
            {
                throw Wrong(
                    $"tensor '{name}': shape [{string.Join(", ", dimensions)}] of {type.Name()} does not make the "
                        + $"{bounds[1] - bounds[0]} bytes of its data_offsets");
            }

            return new TensorInfo(name, type, dimensions, dataStart + bounds[0], length.Value);
        }

        private long[] Numbers(JsonElement? array, string what)
        {
            if (array is not { ValueKind: JsonValueKind.Array } list) throw Wrong($"{what} must be a list of whole numbers");
            return [.. list.EnumerateArray().Select(n =>
                n.ValueKind == JsonValueKind.Number && n.TryGetInt64(out var number) && number >= 0
                    ? number
                    : throw Wrong($"{what} must be a list of whole numbers from 0"))];
        }

        private static long? Size(long[] shape, long size)
        {
            try
            {
                foreach (var dimension in shape) size = checked(size * dimension);
                return size;
            }
            catch (OverflowException)
            {
                return null;
            }
        }

        private void CheckCover()
        {
            var end = dataStart;
            foreach (var tensor in _tensors.Values.OrderBy(t => t.Offset).ThenBy(t => t.Length))
            {
                if (tensor.Offset != end)
                    throw Wrong(
                        $"tensor '{tensor.Name}' begins at byte {tensor.Offset - dataStart} of the data; {end - dataStart} was expected: "
                        + $"tensors must neither overlap nor leave gaps");
                end += tensor.Length;
            }

            if (end != fileLength) throw Wrong($"has {fileLength - end} bytes after its last tensor");
        }

        private InvalidDataFileException Wrong(string problem) => new(file, problem);
    }
}
