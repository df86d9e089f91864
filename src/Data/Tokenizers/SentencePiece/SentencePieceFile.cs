namespace LisaOrleans.Data;

/// <summary>A file of SentencePiece: pieces and settings. Source: SentencePiece's sentencepiece_model.proto.</summary>
internal sealed class SentencePieceFile
{
    private readonly List<SentencePiece> _pieces = [];

    private SentencePieceFile(ReadOnlySpan<byte> message)
    {
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    _pieces.Add(ReadPiece(reader.Bytes()));
                    break;
                case 2:
                    ReadTraining(reader.Bytes());
                    break;
                case 3:
                    ReadNormalizer(reader.Bytes());
                    break;
                case 5:
                    HasDenormalizer = HasRules(reader.Bytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    /// <summary>The pieces, in the order of their ids.</summary>
    public IReadOnlyList<SentencePiece> Pieces => _pieces;

    /// <summary>trainer_spec.model_type: 1 is UNIGRAM, 2 BPE, 3 WORD, 4 CHAR.</summary>
    public long ModelType { get; private set; } = 1;

    /// <summary>trainer_spec.byte_fallback.</summary>
    public bool ByteFallback { get; private set; }

    /// <summary>trainer_spec.treat_whitespace_as_suffix.</summary>
    public bool SpaceIsSuffix { get; private set; }

    /// <summary>trainer_spec.bos_piece.</summary>
    public string BosPiece { get; private set; } = "<s>";

    /// <summary>trainer_spec.eos_piece.</summary>
    public string EosPiece { get; private set; } = "</s>";

    /// <summary>normalizer_spec.precompiled_charsmap.</summary>
    public byte[] CharsMap { get; private set; } = [];

    /// <summary>normalizer_spec.add_dummy_prefix.</summary>
    public bool AddDummyPrefix { get; private set; } = true;

    /// <summary>normalizer_spec.remove_extra_whitespaces.</summary>
    public bool RemoveExtraSpaces { get; private set; } = true;

    /// <summary>normalizer_spec.escape_whitespaces.</summary>
    public bool EscapeSpaces { get; private set; } = true;

    /// <summary>Whether denormalizer_spec has rules.</summary>
    public bool HasDenormalizer { get; private set; }

    /// <exception cref="InvalidDataException">It is no such file.</exception>
    public static SentencePieceFile Read(ReadOnlySpan<byte> message) => new(message);

    private static SentencePiece ReadPiece(ReadOnlySpan<byte> message)
    {
        var (text, score, kind) = ("", 0f, SentencePieceKind.Normal);
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1) text = reader.Text();
            else if (reader.Field == 2) score = reader.Float();
            else if (reader.Field == 3) kind = (SentencePieceKind)reader.Number();
            else reader.Skip();
        }

        return new SentencePiece(text, score, kind);
    }

    private static bool HasRules(ReadOnlySpan<byte> message)
    {
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field == 2 && reader.Bytes().Length > 0) return true;
            if (reader.Field != 2) reader.Skip();
        }

        return false;
    }

    private void ReadTraining(ReadOnlySpan<byte> message)
    {
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field == 3) ModelType = reader.Number();
            else if (reader.Field == 24) SpaceIsSuffix = reader.Flag();
            else if (reader.Field == 35) ByteFallback = reader.Flag();
            else if (reader.Field == 46) BosPiece = reader.Text();
            else if (reader.Field == 47) EosPiece = reader.Text();
            else reader.Skip();
        }
    }

    private void ReadNormalizer(ReadOnlySpan<byte> message)
    {
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field == 2) CharsMap = reader.Bytes().ToArray();
            else if (reader.Field == 3) AddDummyPrefix = reader.Flag();
            else if (reader.Field == 4) RemoveExtraSpaces = reader.Flag();
            else if (reader.Field == 5) EscapeSpaces = reader.Flag();
            else reader.Skip();
        }
    }
}
