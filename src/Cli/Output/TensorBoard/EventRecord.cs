using System.Buffers.Binary;
using System.Numerics;

namespace LisaOrleans.Cli;

/// <summary>
/// A record of TensorFlow's TFRecord format: length (uint64), masked CRC-32C of the length, data, masked CRC-32C of the
/// data; all little-endian.
/// </summary>
internal static class EventRecord
{
    public static void Write(Stream stream, ReadOnlySpan<byte> data)
    {
        Span<byte> header = stackalloc byte[sizeof(ulong) + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[sizeof(ulong)..], MaskedCrc32C(header[..sizeof(ulong)]));
        stream.Write(header);
        stream.Write(data);
        BinaryPrimitives.WriteUInt32LittleEndian(header, MaskedCrc32C(data));
        stream.Write(header[..sizeof(uint)]);
    }

    // A checksum of data that holds checksums is weak; hence the mask.
    internal static uint MaskedCrc32C(ReadOnlySpan<byte> data) => BitOperations.RotateRight(Crc32C(data), 15) + 0xA282EAD8;

    internal static uint Crc32C(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
