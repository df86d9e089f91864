using System.Collections.Concurrent;
using LisaOrleans.Model;

namespace LisaOrleans.Grains;

/// <summary>The embedding parts of this silo, by run, for the heads that are tied to them. Owns none.</summary>
public sealed class LocalParts
{
    private readonly ConcurrentDictionary<string, EmbeddingPart> _embeddings = new();

    /// <summary>Makes a part known.</summary>
    public void Set(string run, EmbeddingPart part) => _embeddings[run] = part;

    /// <summary>Forgets a part that is about to be disposed.</summary>
    public void Remove(string run, EmbeddingPart part) =>
        _embeddings.TryRemove(new KeyValuePair<string, EmbeddingPart>(run, part));

    /// <summary>The embedding of a run.</summary>
    public EmbeddingPart Get(string run) => _embeddings.TryGetValue(run, out var part)
        ? part
        : throw new InvalidOperationException($"{run}: the tied embedding is not on this silo, where its head is");
}
