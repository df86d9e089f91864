using System.Buffers.Binary;
using System.Text;

namespace LisaOrleans.Cli;

/// <summary>
/// TensorFlow's message Event, as protocol buffers write it: wall_time = 1 (double), step = 2 (int64), file_version = 3,
/// summary = 5; Summary: value = 1; Summary.Value: tag = 1, simple_value = 2 (float).
/// </summary>
internal static class TensorBoardEvent
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Bytes = 2;
    private const int Fixed32 = 5;

    /// <summary>The event that begins a file.</summary>
    public static byte[] FileVersion(DateTimeOffset time)
    {
        using var message = new MemoryStream();
        WriteTime(message, time);
        WriteBytes(message, 3, "brain.Event:2"u8);
        return message.ToArray();
    }

    /// <summary>Numbers of a step.</summary>
    public static byte[] Scalars(DateTimeOffset time, long step, IEnumerable<(string Tag, double Value)> values)
    {
        using var summary = new MemoryStream();
        foreach (var (tag, number) in values)
        {
            using var value = new MemoryStream();
            WriteBytes(value, 1, Encoding.UTF8.GetBytes(tag));
            WriteFloat(value, 2, (float)number);
            WriteBytes(summary, 1, value.ToArray());
        }

        using var message = new MemoryStream();
        WriteTime(message, time);
        WriteTag(message, 2, Varint);
        WriteVarint(message, (ulong)step);
        WriteBytes(message, 5, summary.ToArray());
        return message.ToArray();
    }

    private static void WriteTime(MemoryStream message, DateTimeOffset time)
    {
        WriteTag(message, 1, Fixed64);
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, (time - DateTimeOffset.UnixEpoch).TotalSeconds);
        message.Write(bytes);
    }

    private static void WriteFloat(MemoryStream message, int field, float value)
    {
        WriteTag(message, field, Fixed32);
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        message.Write(bytes);
    }

    private static void WriteBytes(MemoryStream message, int field, ReadOnlySpan<byte> bytes)
    {
        WriteTag(message, field, Bytes);
        WriteVarint(message, (ulong)bytes.Length);
        message.Write(bytes);
    }

    private static void WriteTag(MemoryStream message, int field, int wireType) => WriteVarint(message, (ulong)((field << 3) | wireType));

    private static void WriteVarint(MemoryStream message, ulong value)
    {
        for (; value >= 0x80; value >>= 7) message.WriteByte((byte)(value | 0x80));
        message.WriteByte((byte)value);
    }
}
