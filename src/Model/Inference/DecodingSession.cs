using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>One growing sequence and its cached keys and values. Owns the caches, not the model.</summary>
internal sealed class DecodingSession(CausalLanguageModel model, int capacity) : IDisposable
{
    private readonly KeyValueCache[] _caches =
        [.. Enumerable.Range(0, model.Config.NumHiddenLayers).Select(i => model.NewCache(i, capacity))];

    /// <summary>Feeds tokens; logits [1, V] after the last of them, or [T, V]; the caller owns them.</summary>
    public Tensor Append(IReadOnlyList<int> ids, bool allPositions = false)
    {
        if (_caches[0].Length + ids.Count > capacity)
            throw new InvalidOperationException($"the sequence would be longer than its {capacity} tokens of cache");
        return model.Decode(ids, _caches, allPositions);
    }

    public void Dispose()
    {
        foreach (var cache in _caches) cache.Dispose();
    }
}
