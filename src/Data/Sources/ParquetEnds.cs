using System.Buffers.Binary;

namespace LisaOrleans.Data;

/// <summary>
/// Looks at both ends of a Parquet file before the library does, to tell people that it is cut off. Layout: PAR1, the columns, a footer that
/// describes them, its length, PAR1 (Apache Parquet's File Format).
/// </summary>
internal static class ParquetEnds
{
    private const int MagicLength = 4;
    private const int TailLength = 8;

    private static ReadOnlySpan<byte> Magic => "PAR1"u8;

    // Of a file whose footer is encrypted.
    private static ReadOnlySpan<byte> EncryptedMagic => "PARE"u8;

    /// <summary>Whether a file begins as one of Parquet.</summary>
    public static bool Begins(ReadOnlySpan<byte> head) => head.StartsWith(Magic) || head.StartsWith(EncryptedMagic);

    /// <summary>Checks the end of a file that begins as one.</summary>
    /// <param name="path">The file, for people.</param>
    /// <param name="stream">Its bytes; left somewhere else.</param>
    /// <exception cref="DatasetException">It is cut off, damaged or encrypted.</exception>
    public static void Check(string path, Stream stream)
    {
        Span<byte> tail = stackalloc byte[TailLength];
        if (stream.Length < MagicLength + TailLength) throw CutOff();
        stream.Position = stream.Length - TailLength;
        stream.ReadExactly(tail);
        if (tail.EndsWith(EncryptedMagic)) throw new DatasetException($"{path}: is an encrypted Parquet file; write it without encryption");
        if (!tail.EndsWith(Magic)) throw CutOff();
        var footer = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (footer <= 0 || footer > stream.Length - MagicLength - TailLength)
        {
            throw new DatasetException(
                $"{path}: is a damaged Parquet file: by its last bytes its footer has {footer} bytes, and the file has {stream.Length}; "
                    + "fetch it again");
        }

        DatasetException CutOff() => new(
            $"{path}: is a Parquet file that is cut off after {stream.Length} bytes: a whole one ends with PAR1; fetch or write it again");
    }
}
