namespace LisaOrleans.Data;

/// <summary>Reads and tokenises a data set.</summary>
public static class DatasetTokenizer
{
    private const int ReportEvery = 500;

    /// <summary>Samples of a file, fitted into the block size; those with nothing left to learn are left out and counted.</summary>
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
        var policy = new FieldPolicy(options);
        var builder = new DatasetBuilder(options);
        foreach (var example in DatasetReader.Read(path, options, policy))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var sample = example.Tokens ?? encoder.Encode(TrainOn.Apply(example, options));
            CheckIds(sample, path, builder.Records + 1, modelVocabularySize);
            builder.Add(sample, isText: example.Text is not null || (example.Tokens is { } tokens && tokens.Trained.All(t => t)));
            if (builder.Records % ReportEvery == 0) progress?.Report(new TokenizeProgress(builder.Records, 0));
        }

        progress?.Report(new TokenizeProgress(builder.Records, builder.Records));
        return builder.Build(policy) ?? throw new DatasetException(
            $"{path}: none of {builder.Records} samples has anything to learn within block_size {options.BlockSize}; a larger one may help");
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
