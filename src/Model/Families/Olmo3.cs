namespace LisaOrleans.Model;

/// <summary>
/// OLMo 3 (Hugging Face: Olmo3ForCausalLM): OLMo 2 with a window in three of four layers; only layers
/// without one have their rotary embedding stretched.
/// </summary>
public sealed record Olmo3 : Olmo2
{
    private const double Theta = 500_000;

    internal Olmo3(ConfigFields json)
        : base(json, Theta)
    {
        Windows = json.Windows(NumHiddenLayers, json.CountOrNull("sliding_window", 4096), i => (i + 1) % 4 != 0);
        var sliding = RopeFields.IsForEachLayerType(json)
            ? ReadRope(json, json.Number("rope_theta", Theta, above: 0), LayerTypes.Sliding)
            : Rope with { Scaling = null };
        SlidingRope = sliding with { Positions = Rope.Positions };
    }

    /// <value>The window of each layer; null for none.</value>
    public IReadOnlyList<int?> Windows { get; init; }

    /// <value>The rotary embedding of layers with a window.</value>
    public Rotary SlidingRope { get; init; }

    private protected override IEnumerable<Rotary> Ropes => [Rope, SlidingRope];

    private protected override AttentionOptions HeadsOf(int index) =>
        base.HeadsOf(index) with { Window = Windows[index], Rotary = Windows[index] is null ? Rope : SlidingRope };
}
