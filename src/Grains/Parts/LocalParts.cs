using System.Collections.Concurrent;
using LisaOrleans.Model;

namespace LisaOrleans.Grains;

/// <summary>The parts on this silo: tells which runs have any here, and gives tied heads their embedding. Owns no part.</summary>
public sealed class LocalParts
{
    private readonly ConcurrentDictionary<(string Run, string Part), ModelPart> _parts = new();

    private readonly ConcurrentDictionary<(string Run, string Part), long> _generations = new();

    /// <summary>Runs with parts here.</summary>
    public IReadOnlyList<string> Runs => [.. _parts.Keys.Select(k => k.Run).Distinct()];

    /// <summary>Makes a part known.</summary>
    public void Set(string run, string name, ModelPart part) => _parts[(run, name)] = part;

    /// <summary>Forgets a part that is about to be disposed.</summary>
    public void Remove(string run, string name, ModelPart part) =>
        _parts.TryRemove(new KeyValuePair<(string, string), ModelPart>((run, name), part));

    /// <summary>Notes the generation that a part belongs to from now on.</summary>
    public void Fence(string run, string name, long generation) => _generations[(run, name)] = generation;

    /// <summary>The embedding of a run, for its head.</summary>
    /// <param name="run">The run.</param>
    /// <param name="generation">
    /// The head's generation, which must be the embedding's: two grains never enter a generation at the same moment.
    /// </param>
    public EmbeddingPart Embedding(string run, long generation) => _parts.TryGetValue((run, PartName.Embedding), out var part)
        ? _generations.GetValueOrDefault((run, PartName.Embedding)) is var now && now == generation
            ? (EmbeddingPart)part
            : throw new StaleGenerationCallException(PartName.Embedding, generation, now)
        : throw new InvalidOperationException($"{run}: the tied embedding is not on this silo, where its head is");
}
