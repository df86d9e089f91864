using System.Buffers.Binary;

namespace LisaOrleans.Data;

/// <summary>
/// Walks through the messages of an Arrow stream before the library does: the library would follow fields that contain
/// themselves until the stack overflows, and allocate any length that a message claims. Layout: Apache Arrow's Schema.fbs and
/// Message.fbs; FlatBuffers' tables.
/// </summary>
internal static class ArrowMessageCheck
{
    private const int Deepest = 32;
    private const int MostFields = 10_000;
    private const int LargestMetadata = 64 << 20;
    private const int SchemaMessage = 1;

    /// <summary>Checks the messages of the stream that begins here; the stream stands here again afterwards.</summary>
    /// <exception cref="InvalidDataException">The schema, or a length, is damaged.</exception>
    public static void Check(Stream stream)
    {
        var start = stream.Position;
        try
        {
            for (var isFirst = true; ReadMessage(stream) is { } metadata; isFirst = false)
            {
                // A message is a version, a header's type, the header and the length of the body that follows.
                var message = Follow(metadata, 0);
                if (isFirst) CheckSchema(metadata, message);
                var body = Field(metadata, message, 3) is { } at ? BinaryPrimitives.ReadInt64LittleEndian(metadata.AsSpan(at)) : 0;
                if (body < 0 || body > stream.Length - stream.Position) throw new InvalidDataException("it ends too early, or a length is damaged");
                stream.Position += body;
            }
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException or EndOfStreamException)
        {
            throw Damaged();
        }

        stream.Position = start;
    }

    private static void CheckSchema(byte[] metadata, int message)
    {
        if (metadata[Field(metadata, message, 1) ?? throw Damaged()] != SchemaMessage)
            throw new InvalidDataException(
                "it does not begin with a schema, as the format demands (Arrow for JavaScript leaves it out of files; its streams have it)");
        var schema = Follow(metadata, Field(metadata, message, 2) ?? throw Damaged());
        var count = 0;
        if (Field(metadata, schema, 1) is { } fields) CheckFields(metadata, Follow(metadata, fields), depth: 0, ref count);
    }

    private static void CheckFields(ReadOnlySpan<byte> data, int vector, int depth, ref int count)
    {
        const int Children = 5;
        if (depth > Deepest) throw new InvalidDataException($"its fields are nested more than {Deepest} deep");
        var length = BinaryPrimitives.ReadInt32LittleEndian(data[vector..]);
        if (length < 0 || (count += length) > MostFields) throw new InvalidDataException($"it has more than {MostFields} fields");
        for (var i = 0; i < length; i++)
        {
            var field = Follow(data, vector + 4 + (4 * i));
            if (Field(data, field, Children) is { } children) CheckFields(data, Follow(data, children), depth + 1, ref count);
        }
    }

    // Where a table has a field; null where it has none.
    private static int? Field(ReadOnlySpan<byte> data, int table, int index)
    {
        var layout = checked(table - BinaryPrimitives.ReadInt32LittleEndian(data[table..]));
        var at = 4 + (2 * index);
        if (at + 2 > BinaryPrimitives.ReadUInt16LittleEndian(data[layout..])) return null;
        var offset = BinaryPrimitives.ReadUInt16LittleEndian(data[(layout + at)..]);
        return offset == 0 ? null : table + offset;
    }

    private static int Follow(ReadOnlySpan<byte> data, int at) => checked(at + BinaryPrimitives.ReadInt32LittleEndian(data[at..]));

    // The mark that precedes each message, its length, and its metadata; null at the end.
    private static byte[]? ReadMessage(Stream stream)
    {
        var head = new byte[8];
        if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length) return null;
        if (BinaryPrimitives.ReadInt32LittleEndian(head) != -1) throw Damaged();
        var length = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(4));
        if (length == 0) return null;
        if (length < 0 || length > Math.Min(LargestMetadata, stream.Length - stream.Position)) throw Damaged();
        var metadata = new byte[length];
        stream.ReadExactly(metadata);
        return metadata;
    }

    private static InvalidDataException Damaged() => new("its schema or a message is damaged");
}
