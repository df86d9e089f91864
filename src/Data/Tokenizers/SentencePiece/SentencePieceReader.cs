namespace LisaOrleans.Data;

/// <summary>Reads tokenizer.model, and does with it what SentencePiece's own program does.</summary>
internal static class SentencePieceReader
{
    private const long UnigramType = 1;
    private const long BpeType = 2;
    private static readonly string[] s_types = ["UNIGRAM", "BPE", "WORD", "CHAR"];

    public static ITokenizer Read(string path, ReadOnlySpan<byte> content, TokenizerConfig config)
    {
        try
        {
            return Read(path, SentencePieceFile.Read(content), config);
        }
        catch (InvalidDataException e)
        {
            throw new TokenizerException(path, $"is not a SentencePiece model: {e.Message}");
        }
    }

    private static TextTokenizer Read(string path, SentencePieceFile file, TokenizerConfig config)
    {
        Check(path, file);
        var rules = file.CharsMap.Length == 0 ? null
            : CharsMap.Parse(file.CharsMap) ?? throw new InvalidDataException("normalizer_spec.precompiled_charsmap is broken");
        HashSet<(string Text, int Id)> userDefined =
            [.. file.Pieces.Select((p, i) => (p.Text, i)).Where(p => file.Pieces[p.i].Kind == SentencePieceKind.UserDefined)];
        var frozen = userDefined.Count > 0 ? new TextTrie(userDefined) : null;
        SentencePieceModel model =
            file.ModelType == BpeType ? new SentencePieceBpe(file, frozen) : new SentencePieceUnigram(file);

        // A piece that the user defined is left to SentencePiece, which finds it itself.
        var added = config.Added([], model.Vocabulary).Where(t => !userDefined.Contains((t.Content, t.Id)))
            .Select(t => t with { Normalized = false }).ToList();
        var contents = added.Select(t => t.Content).ToHashSet();
        for (var id = 0; id < file.Pieces.Count; id++)
        {
            var piece = file.Pieces[id];
            if (piece.Kind is SentencePieceKind.Control or SentencePieceKind.Unknown && contents.Add(piece.Text))
                added.Add(new AddedToken(piece.Text, id, true));
        }

        var bos = Find("bos_token", config.BosToken, file.BosPiece);
        return new TextTokenizer(new TokenizerParts
        {
            File = path,
            Added = added,
            Normalizer = new SentencePieceNormalizer(file, rules, frozen, config.Legacy).Apply,
            Steps = [],
            Model = model,
            Decoder = new SentencePieceDecoder(file).Decoder,
            BosTokenId = bos,
            EosTokenId = Find("eos_token", config.EosToken, file.EosPiece) ?? config.ModelsEnd(added),
            AddBosToken = bos is not null && (config.AddBosToken ?? true),
        });

        int? Find(string name, string? text, string piece)
        {
            if (text is null) return added.FirstOrDefault(t => t.Content == piece && t.Id < file.Pieces.Count)?.Id;
            if (added.FirstOrDefault(t => t.Content == text) is { } token) return token.Id;
            return model.Vocabulary.TryGetValue(text, out var id)
                ? id
                : throw new TokenizerException(path, $"has no piece '{text}', the {name} of tokenizer_config.json");
        }
    }

    private static void Check(string path, SentencePieceFile file)
    {
        if (file.ModelType is not (UnigramType or BpeType))
        {
            var name = file.ModelType is > 0 and <= 4 ? s_types[file.ModelType - 1] : $"{file.ModelType}";
            throw new TokenizerException(path, $"trainer_spec.model_type is {name}; supported: UNIGRAM, BPE");
        }

        if (file.HasDenormalizer) throw new TokenizerException(path, "denormalizer_spec has rules, which are not supported");
        if (file.Pieces.Count is 0 or > JsonField.LargestId) throw new InvalidDataException($"it has {file.Pieces.Count} pieces");
        var (texts, reserved) = (new HashSet<string>(), new HashSet<string>());
        for (var id = 0; id < file.Pieces.Count; id++)
        {
            var piece = file.Pieces[id];
            if (piece.Text.Length == 0) throw new InvalidDataException($"piece {id} is empty");
            if (!float.IsFinite(piece.Score)) throw new InvalidDataException($"piece {id} has no finite score");
            if (!Enum.IsDefined(piece.Kind)) throw new InvalidDataException($"piece {id} has the unknown type {(int)piece.Kind}");
            if (!(piece.IsText ? texts : reserved).Add(piece.Text))
                throw new InvalidDataException($"piece {id}, '{piece.Text}', is there twice");
            if (piece.Kind == SentencePieceKind.Byte && ByteFallback.Byte(piece.Text) is null)
                throw new InvalidDataException($"piece {id}, '{piece.Text}', is not a byte");
        }

        if (file.Pieces.Count(p => p.Kind == SentencePieceKind.Unknown) != 1)
            throw new InvalidDataException("it must have one piece of type UNKNOWN");
        if (file.ByteFallback && file.Pieces.Count(p => p.Kind == SentencePieceKind.Byte) != 256)
            throw new InvalidDataException("trainer_spec.byte_fallback is true, but there are not 256 byte pieces");
        if (file.ModelType == BpeType && file.Pieces.Any(p => p.Kind == SentencePieceKind.Unused))
            throw new TokenizerException(path, "has pieces of type UNUSED, which are not supported in a model of type BPE");
    }
}
