using LisaOrleans.Checkpoints;
using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>A data set of a run that is being imported: tokenised just now, or found in the store.</summary>
internal sealed class ImportedDataset : IDisposable
{
    private readonly IBlobStore _store;
    private readonly string _key;
    private readonly IBlobSource? _source;
    private readonly int _vocabularySize;
    private TokenizedDataset? _data;
    private bool _isNews;

    private ImportedDataset(IBlobStore store, string key, CachedTokens tokens, int vocabularySize, TokenizedDataset? data, IBlobSource? source) =>
        (_store, _key, Tokens, _vocabularySize, _data, _source, _isNews) = (store, key, tokens, vocabularySize, data, source, source is not null);

    /// <summary>Its blob and what the files became.</summary>
    public CachedTokens Tokens { get; private set; }

    /// <summary>Whether it was found in the store.</summary>
    public bool IsStored => _source is null;

    /// <summary>Finds it in the store by what it would be made of, else makes it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="input">What it is made of.</param>
    /// <param name="tokenize">Makes it.</param>
    /// <param name="usesOwnTemplate">Asked afterwards: whether the folder's chat template wrote some of it.</param>
    /// <param name="goesOn">The run that goes on with it, which is told of damage to its data; null for one that begins.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="DatasetException">The data are not what they should be, or a file was changed while it was read.</exception>
    public static async Task<ImportedDataset> GetAsync(
        IBlobStore store, TokenInput input, Func<TokenizedDataset> tokenize, Func<bool> usesOwnTemplate, string? goesOn,
        CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync(store, input, tokenize, usesOwnTemplate, goesOn is null, cancellationToken);
        }
        catch (DatasetException e) when (goesOn is not null)
        {
            // Older builds may have taken what this one refuses.
            throw new DatasetException($"{e.Message}; {RunExistsException.AdviceFor(goesOn)}");
        }
    }

    private static async Task<ImportedDataset> GetAsync(
        IBlobStore store, TokenInput input, Func<TokenizedDataset> tokenize, Func<bool> usesOwnTemplate, bool isNew,
        CancellationToken cancellationToken)
    {
        var stamp = input.Stamp();
        var key = input.ComputeKey();
        if (await new TokenCache(store).FindAsync(key, isNew, cancellationToken) is { } cached)
            return new ImportedDataset(store, key, cached, input.VocabularySize, null, null);
        var data = tokenize();
        if (input.Stamp() != stamp) throw new DatasetException($"{input.Sources}: was changed while it was read; start again");
        var source = DatasetStorage.ToBlob(data);
        var tokens = new CachedTokens(new BlobRef(source.Sha256, source.Length), data.Statistics, usesOwnTemplate());
        return new ImportedDataset(store, key, tokens, input.VocabularySize, data, source);
    }

    /// <summary>Rows of a run: samples, or packed blocks.</summary>
    public async Task<int> CountRowsAsync(TrainingSpec spec, CancellationToken cancellationToken)
    {
        if (!spec.Packing) return Tokens.Statistics.Samples;
        if (Tokens.Blocks is > 0 and var known) return known;
        _data ??= await DatasetStorage.Read(_store, Tokens.Blob, _vocabularySize, cancellationToken);
        var blocks = PackedBlocks.Pack(_data, spec.BlockSize).Count;
        (Tokens, _isNews) = (Tokens with { Blocks = blocks }, true);
        return blocks;
    }

    /// <summary>Writes it to the store, if it is not there, and remembers what it was made of.</summary>
    public async Task StoreAsync(CancellationToken cancellationToken)
    {
        if (_source is not null) await StoreRepair.PutWholeAsync(_store, _source, cancellationToken);
        if (_isNews) await new TokenCache(_store).AddAsync(_key, Tokens, cancellationToken);
    }

    public void Dispose() => _data?.Dispose();
}
