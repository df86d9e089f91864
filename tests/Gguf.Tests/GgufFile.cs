using System.Text;

namespace LisaOrleans.Gguf.Tests;

/// <summary>A GGUF file read by its specification alone: no code is shared with what writes it.</summary>
internal sealed class GgufFile
{
    private readonly byte[] _bytes;
    private readonly Dictionary<string, (long[] Dimensions, uint Type, long Offset)> _tensors = [];

    public GgufFile(string path)
    {
        _bytes = File.ReadAllBytes(path);
        using var reader = new BinaryReader(new MemoryStream(_bytes), Encoding.UTF8);
        Assert.Equal("GGUF"u8.ToArray(), reader.ReadBytes(4));
        Assert.Equal(3u, reader.ReadUInt32());
        var (tensors, keys) = (reader.ReadUInt64(), reader.ReadUInt64());
        for (var i = 0UL; i < keys; i++)
        {
            var key = Text(reader);
            Values.Add(key, Value(reader, reader.ReadUInt32()));
        }

        for (var i = 0UL; i < tensors; i++)
        {
            var name = Text(reader);
            long[] dimensions = [.. Enumerable.Range(0, (int)reader.ReadUInt32()).Select(_ => (long)reader.ReadUInt64())];
            _tensors.Add(name, (dimensions, reader.ReadUInt32(), (long)reader.ReadUInt64()));
        }

        Data = (reader.BaseStream.Position + 31) / 32 * 32;
        Assert.All(_tensors.Values, t => Assert.Equal(0, t.Offset % 32));
    }

    public Dictionary<string, object> Values { get; } = [];

    public IEnumerable<string> Tensors => _tensors.Keys;

    private long Data { get; }

    /// <summary>Columns, then rows, and the type's number.</summary>
    public (long[] Dimensions, uint Type) Shape(string name) => (_tensors[name].Dimensions, _tensors[name].Type);

    /// <summary>A tensor's numbers, and by how much each may be off for its type.</summary>
    public (float[] Numbers, float[] Tolerance) Read(string name)
    {
        var (dimensions, type, offset) = _tensors[name];
        var count = dimensions.Aggregate(1L, (a, b) => a * b);
        var bytes = _bytes.AsSpan((int)(Data + offset));
        var (numbers, tolerance) = (new float[count], new float[count]);
        for (var i = 0; i < count; i++)
        {
            switch (type)
            {
                case 0:
                    numbers[i] = BitConverter.ToSingle(bytes[(4 * i)..]);
                    break;
                case 1:
                    numbers[i] = (float)BitConverter.ToHalf(bytes[(2 * i)..]);
                    tolerance[i] = (Math.Abs(numbers[i]) / 2048) + 1e-7f;
                    break;
                case 30:
                    numbers[i] = BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes[(2 * i)..]) << 16);
                    tolerance[i] = (Math.Abs(numbers[i]) / 256) + 1e-30f;
                    break;
                case 8:
                    var block = bytes[(i / 32 * 34)..];
                    var scale = (float)BitConverter.ToHalf(block);
                    numbers[i] = scale * (sbyte)block[2 + (i % 32)];
                    tolerance[i] = 0.57f * scale;
                    break;
                default:
                    Assert.Fail($"tensor {name} is of type {type}");
                    break;
            }
        }

        return (numbers, tolerance);
    }

    private static object Value(BinaryReader reader, uint type)
    {
        switch (type)
        {
            case 0: return reader.ReadByte();
            case 4: return reader.ReadUInt32();
            case 5: return reader.ReadInt32();
            case 6: return reader.ReadSingle();
            case 7: return reader.ReadByte() == 1;
            case 8: return Text(reader);
            case 9:
                var (item, count) = (reader.ReadUInt32(), reader.ReadUInt64());
                return Enumerable.Range(0, (int)count).Select(_ => Value(reader, item)).ToArray();
            default: throw new InvalidDataException($"type {type}");
        }
    }

    private static string Text(BinaryReader reader) => Encoding.UTF8.GetString(reader.ReadBytes((int)reader.ReadUInt64()));
}
