using System.Buffers.Binary;
using Tensorboard;

namespace LisaOrleans.Cli.Tests;

/// <summary>
/// Reads an event file with what others wrote: the message classes that protoc made of TensorFlow's event.proto (they come
/// with TorchSharp), and CRC-32C bit by bit from its polynomial.
/// </summary>
internal static class EventFile
{
    /// <summary>The events of the one file of an output folder; fails where a byte of it is wrong.</summary>
    public static IReadOnlyList<Event> Read(string output)
    {
        var data = File.ReadAllBytes(Assert.Single(Directory.GetFiles(Path.Combine(output, "tensorboard"))));
        var events = new List<Event>();
        for (var at = 0; at < data.Length;)
        {
            var length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(data.AsSpan(at, 8)));
            Assert.Equal(Masked(data.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(at + 8, 4)));
            var message = data.AsSpan(at + 12, length);
            Assert.Equal(Masked(message), BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(at + 12 + length, 4)));
            events.Add(Event.Parser.ParseFrom(message.ToArray()));
            at += 12 + length + 4;
        }

        return events;
    }

    /// <summary>A line for each step with the tags that do not depend on time, and their values.</summary>
    public static string[] Lines(string output) =>
    [
        .. Read(output).Where(e => e.Summary is not null).Select(e => $"{e.Step}: " + string.Join(
            ", ", e.Summary.Value.Where(v => v.Tag != "tokens_per_second").Select(v => FormattableString.Invariant($"{v.Tag} {v.SimpleValue:R}")))),
    ];

    /// <summary>TensorFlow's mask over the CRC.</summary>
    public static uint Masked(ReadOnlySpan<byte> data)
    {
        var crc = Crc32C(data);
        return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
    }

    private static uint Crc32C(ReadOnlySpan<byte> data)
    {
        var crc = 0xFFFFFFFF;
        foreach (var b in data)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 1 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }

        return crc ^ 0xFFFFFFFF;
    }
}
