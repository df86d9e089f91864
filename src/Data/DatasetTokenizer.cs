namespace LisaOrleans.Data;

/// <summary>Reads and tokenises a data set.</summary>
public static class DatasetTokenizer
{
    private const int ReportEvery = 500;

    /// <summary>Samples of a file, cut to the block size; those with nothing left to learn are left out and counted.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="options">How records become samples.</param>
    /// <param name="modelVocabularySize">Ids must be below this.</param>
    /// <param name="progress">Told now and then, or null.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DatasetException">The file is wrong, or nothing is left.</exception>
    public static TokenizedDataset Tokenize(
        string path, ITokenizer tokenizer, DatasetOptions options, int modelVocabularySize,
        IProgress<TokenizeProgress>? progress, CancellationToken cancellationToken)
    {
        var encoder = new SampleEncoder(tokenizer, options);
        var samples = new List<EncodedSample>();
        var (records, truncated, skipped, tokens, trained) = (0, 0, 0, 0L, 0L);
        var policy = new FieldPolicy(options);
        foreach (var example in DatasetReader.Read(path, options, policy))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (++records % ReportEvery == 0) progress?.Report(new TokenizeProgress(records, 0));
            var sample = example.Tokens ?? encoder.Encode(example);
            CheckIds(sample, path, records, modelVocabularySize);
            if (sample.InputIds.Length > options.BlockSize)
            {
                truncated++;
                sample = new EncodedSample(sample.InputIds[..options.BlockSize], sample.Trained[..options.BlockSize]);
            }

            // The first token is predicted from nothing, so it carries no loss.
            var learned = sample.Trained.Skip(1).Count(t => t);
            if (learned == 0)
            {
                skipped++;
                continue;
            }

            samples.Add(sample);
            (tokens, trained) = (tokens + sample.InputIds.Length, trained + learned);
        }

        progress?.Report(new TokenizeProgress(records, records));
        if (tokens > int.MaxValue) throw new DatasetException($"{path}: {tokens} tokens; at most {int.MaxValue} can be held");
        var statistics = new DatasetStatistics(records, truncated, skipped, tokens, trained);
        if (policy.LeftOut is { Count: > 0 } leftOut) statistics = statistics with { LeftOutFields = leftOut };
        return samples.Count > 0
            ? TokenizedDataset.Create(samples, statistics)
            : throw new DatasetException($"{path}: none of {records} samples has anything to learn within block_size {options.BlockSize}; a larger one may help");
    }

    private static void CheckIds(EncodedSample sample, string path, int record, int vocabularySize)
    {
        foreach (var id in sample.InputIds)
        {
            if (id < vocabularySize) continue;
            throw new DatasetException(
                $"{path}: record {record}: the tokenizer gives id {id}, but the model's vocab_size is {vocabularySize}: model and tokenizer do not belong together");
        }
    }
}
