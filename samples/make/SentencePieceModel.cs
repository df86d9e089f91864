using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace LisaOrleans.Samples.Make;

/// <summary>Writes tokenizer.model: SentencePiece's ModelProto, of which only the fields that readers need.</summary>
internal static class SentencePieceModel
{
    /// <summary>Unknown, begin, end, and one piece for each byte.</summary>
    public const int ReservedPieces = 3 + 256;

    private enum PieceType
    {
        Normal = 1,
        Unknown = 2,
        Control = 3,
        Byte = 6,
    }

    public static byte[] Serialize(IReadOnlyList<string> pieces)
    {
        using var model = new MemoryStream();
        Piece(model, "<unk>", 0, PieceType.Unknown);
        Piece(model, "<s>", 0, PieceType.Control);
        Piece(model, "</s>", 0, PieceType.Control);
        for (var b = 0; b < 256; b++) Piece(model, string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>"), 0, PieceType.Byte);

        // Merges apply in the order of their scores.
        for (var i = 0; i < pieces.Count; i++) Piece(model, pieces[i], -i, PieceType.Normal);

        using var trainer = new MemoryStream();
        Number(trainer, 3, 2); // model_type: BPE
        Number(trainer, 4, ReservedPieces + pieces.Count); // vocab_size
        Number(trainer, 35, 1); // byte_fallback
        Number(trainer, 40, 0); // unk_id
        Number(trainer, 41, 1); // bos_id
        Number(trainer, 42, 2); // eos_id
        Number(trainer, 43, -1); // pad_id
        Text(trainer, 45, "<unk>");
        Text(trainer, 46, "<s>");
        Text(trainer, 47, "</s>");
        Message(model, 2, trainer);

        using var normalizer = new MemoryStream();
        Text(normalizer, 1, "identity");
        Number(normalizer, 3, 1); // add_dummy_prefix
        Number(normalizer, 4, 0); // remove_extra_whitespaces
        Number(normalizer, 5, 1); // escape_whitespaces
        Message(model, 3, normalizer);
        return model.ToArray();
    }

    private static void Piece(MemoryStream model, string piece, float score, PieceType type)
    {
        using var message = new MemoryStream();
        Text(message, 1, piece);
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, score);
        Varint(message, (2 << 3) | 5);
        message.Write(bytes);
        Number(message, 3, (int)type);
        Message(model, 1, message);
    }

    private static void Message(MemoryStream output, int field, MemoryStream message) => Bytes(output, field, message.ToArray());

    private static void Text(MemoryStream output, int field, string text) => Bytes(output, field, Encoding.UTF8.GetBytes(text));

    private static void Bytes(MemoryStream output, int field, byte[] bytes)
    {
        Varint(output, ((ulong)field << 3) | 2);
        Varint(output, (ulong)bytes.Length);
        output.Write(bytes);
    }

    private static void Number(MemoryStream output, int field, long number)
    {
        Varint(output, (ulong)field << 3);
        Varint(output, unchecked((ulong)number));
    }

    private static void Varint(MemoryStream output, ulong value)
    {
        for (; value >= 0x80; value >>= 7) output.WriteByte((byte)(value | 0x80));
        output.WriteByte((byte)value);
    }
}
