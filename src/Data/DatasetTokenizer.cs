namespace LisaOrleans.Data;

/// <summary>Reads and tokenises a data set.</summary>
public static class DatasetTokenizer
{
    private const int BatchRecords = 128;
    private const int BatchBytes = 1 << 18;

    /// <summary>Samples of files, fitted into the block size; those with nothing left to learn are left out and counted.</summary>
    /// <param name="sources">Files, folders and patterns, with commas between; see <see cref="DataSources"/>.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="settings">How records become samples.</param>
    /// <param name="blockSize">Longest sample in tokens.</param>
    /// <param name="modelVocabularySize">Ids must be below this.</param>
    /// <param name="progress">Receives progress from time to time; null for none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="split">Which part of the data; null for what is trained on.</param>
    /// <param name="own">The chat template of the model's folder; null where it has none.</param>
    /// <param name="pairs">Whether records are pairs of answers, which become two samples each, the chosen one first.</param>
    /// <exception cref="DatasetException">A file is wrong, or nothing is left.</exception>
    public static TokenizedDataset Tokenize(
        string sources, ITokenizer tokenizer, DatasetSettings settings, int blockSize, int modelVocabularySize,
        IProgress<TokenizeProgress>? progress, CancellationToken cancellationToken, DataSplit? split = null,
        FolderChatTemplate? own = null, bool pairs = false)
    {
        var encoder = new SampleEncoder(tokenizer, settings, own);
        var policy = DatasetReader.PolicyOf(settings, pairs);
        var builder = new DatasetBuilder(settings, blockSize);
        UnclearPromptException? firstUnclear = null;
        var hasTemplate = own is not null && settings.Template == ChatTemplates.Auto;
        try
        {
            var records = DatasetReader.Records(sources, split ?? DataSplit.Train, pairs ? DatasetReader.OfPairs(settings) : settings);
            foreach (var batch in OrderedParallel.Select(Batches(records), Encode))
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (var (record, samples, isText, isChat, unclear) in batch)
                {
                    if (unclear is not null)
                    {
                        firstUnclear ??= unclear;
                        builder.LeaveOut(record);
                        continue;
                    }

                    if (hasTemplate && isChat is { } form) builder.CountForm(record.Source, form);
                    for (var use = 0; use < record.Uses; use++)
                    {
                        if (pairs) builder.AddPair(samples[0], samples[1]);
                        else builder.Add(samples[0], isText);
                    }
                }

                progress?.Report(new TokenizeProgress(builder.Records, 0));
            }

            progress?.Report(new TokenizeProgress(builder.Records, builder.Records));
            return builder.Build(policy) ?? throw (builder.Records == builder.UnclearPrompts ? firstUnclear : null) ?? new DatasetException(
                $"{sources}: none of {builder.Records} samples has anything to learn"
                + (builder.Truncated > 0 ? $" within block_size {blockSize}; a larger one may help" : ": each is empty, or context only"));
        }
        catch
        {
            builder.Dispose();
            throw;
        }

        EncodedRecord[] Encode(List<SourceRecord> batch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return [.. batch.Select(record =>
            {
                try
                {
                    return EncodeRecord(record);
                }
                catch (UnclearPromptException e)
                {
                    return new EncodedRecord(record, [], IsText: false, IsChat: null, e);
                }
            })];
        }

        EncodedRecord EncodeRecord(SourceRecord record)
        {
            if (pairs)
            {
                var pair = DatasetReader.ParsePair(record, settings, policy);
                return new EncodedRecord(
                    record, [Sample(pair.Chosen, record.Raw), Sample(pair.Rejected, record.Raw)], IsText: false, pair.Chosen.IsChat);
            }

            var example = DatasetReader.Parse(record, settings, policy);
            var isText = example.Text is not null || (example.Tokens is { } tokens && tokens.Trained.All(t => t));
            bool? isChat = example.Text is null && example.Tokens is null ? example.IsChat : null;
            return new EncodedRecord(record, [Sample(example, record.Raw)], isText, isChat);
        }

        EncodedSample Sample(Example example, RawRecord record)
        {
            var sample = Weighed(example.Tokens ?? EncodeExample(TrainOn.Apply(example, settings), record), example.Weight, record);
            CheckIds(sample, record, modelVocabularySize);
            return sample;
        }

        EncodedSample EncodeExample(Example example, RawRecord record)
        {
            try
            {
                return encoder.Encode(example);
            }
            catch (MissingChatTemplateException e)
            {
                throw new MissingChatTemplateException(record.Wrong(e.Message).Message);
            }
            catch (DatasetException e)
            {
                throw record.Wrong(e.Message);
            }
        }
    }

    private static EncodedSample Weighed(EncodedSample sample, float weight, RawRecord record)
    {
        try
        {
            return sample.Times(weight);
        }
        catch (DatasetException e)
        {
            throw record.Wrong(e.Message);
        }
    }

    private static IEnumerable<List<SourceRecord>> Batches(IEnumerable<SourceRecord> records)
    {
        var (batch, bytes) = (new List<SourceRecord>(), 0L);
        foreach (var record in records)
        {
            batch.Add(record);
            bytes += record.Raw.Json.Length;
            if (batch.Count < BatchRecords && bytes < BatchBytes) continue;
            yield return batch;
            (batch, bytes) = ([], 0);
        }

        if (batch.Count > 0) yield return batch;
    }

    private static void CheckIds(EncodedSample sample, RawRecord record, int vocabularySize)
    {
        var wrong = sample.InputIds.AsSpan().IndexOfAnyInRange(vocabularySize, int.MaxValue);
        if (wrong >= 0)
        {
            throw record.Wrong(
                $"record {record.Record} holds id {sample.InputIds[wrong]}, but the model's vocab_size is {vocabularySize}: the tokenizer, "
                    + $"or the data's own ids, belong to another model");
        }
    }

    private readonly record struct EncodedRecord(
        SourceRecord Record, EncodedSample[] Samples, bool IsText, bool? IsChat, UnclearPromptException? Unclear = null);
}
