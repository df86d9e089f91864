namespace LisaOrleans.Training;

/// <summary>Which silo holds which parts. Decoder layers are contiguous; with tied embeddings the head is where the embedding is.</summary>
public sealed class StagePlan(IReadOnlyList<SiloStage> stages)
{
    private readonly Dictionary<string, string> _silos =
        stages.SelectMany(s => s.Parts.Select(p => (p, s.Silo))).ToDictionary(p => p.p, p => p.Silo);

    public IReadOnlyList<SiloStage> Stages { get; } = stages;

    public string SiloOf(string part) => _silos[part];

    public string? FindSilo(string part) => _silos.GetValueOrDefault(part);

    /// <summary>The same plan without what is on silos other than these.</summary>
    public StagePlan On(IEnumerable<string> silos) => new([.. Stages.Where(s => silos.Contains(s.Silo))]);

    public bool Uses(string silo) => Stages.Any(s => s.Silo == silo);

    public bool SameAs(StagePlan other) =>
        _silos.Count == other._silos.Count && _silos.All(p => other._silos.TryGetValue(p.Key, out var silo) && silo == p.Value);
}
