namespace LisaOrleans.Samples.Make;

/// <summary>Sizes of a random model, by the names of config.json.</summary>
internal sealed record RandomModelShape(
    int HiddenSize, int IntermediateSize, int Layers, int Heads, int KeyValueHeads, int VocabularySize, int MaxPositions, bool Tied)
{
    /// <value>The model of samples/tiny-stories: 0.6 M parameters.</value>
    public static RandomModelShape TinyStories { get; } = new(96, 256, 6, 4, 2, 512, 256, Tied: true);
}
