using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>One growing sequence and its cached keys and values. Owns the caches, not the model.</summary>
internal sealed class DecodingSession(CausalLanguageModel model, int capacity) : IDisposable
{
    private readonly KeyValueCache[] _caches =
        [.. Enumerable.Range(0, model.Config.NumHiddenLayers).Select(i => model.NewCache(i, capacity))];

    private readonly List<int> _ids = [];

    /// <summary>Feeds tokens; logits [1, V] after the last of them, or [T, V]; the caller owns them.</summary>
    public Tensor Append(IReadOnlyList<int> ids, bool allPositions = false)
    {
        var before = _ids.Count;
        if (before + ids.Count > capacity)
            throw new InvalidOperationException($"the sequence would be longer than its {capacity} tokens of cache");

        if (before == 0 || model.Config.AreAlike(before, before + ids.Count))
        {
            var appended = model.Decode(ids, _caches, allPositions);
            _ids.AddRange(ids);
            return appended;
        }

        // Keys are rotated by other frequencies at the new length, so the cached ones are no longer of use.
        int[] all = [.. _ids, .. ids];
        foreach (var cache in _caches) cache.Clear();
        var logits = model.Decode(all, _caches, allPositions);
        _ids.AddRange(ids);
        if (!allPositions) return logits;
        using (logits)
        {
            return logits.narrow(0, before, ids.Count).clone().DetachFromDisposeScope();
        }
    }

    public void Dispose()
    {
        foreach (var cache in _caches) cache.Dispose();
    }
}
