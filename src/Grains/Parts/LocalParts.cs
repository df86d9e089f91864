using System.Collections.Concurrent;
using LisaOrleans.Model;

namespace LisaOrleans.Grains;

/// <summary>
/// The parts on this silo: tells which runs have any here, gives tied heads their embedding, and each part the next one. Owns no part.
/// </summary>
public sealed class LocalParts
{
    private readonly ConcurrentDictionary<(string Run, string Part), ModelPart> _parts = new();

    private readonly ConcurrentDictionary<(string Run, string Part), long> _generations = new();

    private readonly ConcurrentDictionary<(string Run, string Part), ILocalPart> _open = new();

    /// <summary>Runs with parts here.</summary>
    public IReadOnlyList<string> Runs => [.. _parts.Keys.Select(k => k.Run).Distinct()];

    /// <summary>Makes a part known.</summary>
    public void Set(string run, string name, ModelPart part) => _parts[(run, name)] = part;

    /// <summary>Forgets a part that is about to be disposed.</summary>
    public void Remove(string run, string name, ModelPart part) =>
        _parts.TryRemove(new KeyValuePair<(string, string), ModelPart>((run, name), part));

    /// <summary>Notes the generation that a part belongs to from now on.</summary>
    public void Fence(string run, string name, long generation) => _generations[(run, name)] = generation;

    /// <summary>Lets the part before a loaded part find it.</summary>
    internal void Open(string run, string name, ILocalPart part) => _open[(run, name)] = part;

    /// <summary>Lets it find it no more.</summary>
    internal void Close(string run, string name, ILocalPart part) =>
        _open.TryRemove(new KeyValuePair<(string, string), ILocalPart>((run, name), part));

    /// <summary>A part that is loaded here, whatever its generation, and may be called by the part before it; else null.</summary>
    internal ILocalPart? Find(string run, string name) => _open.GetValueOrDefault((run, name));

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
