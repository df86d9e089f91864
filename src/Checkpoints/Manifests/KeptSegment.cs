namespace LisaOrleans.Checkpoints;

/// <summary>Some of the manifests that a run keeps, by step. Itself a blob of JSON.</summary>
/// <param name="FormatVersion">The version of this format. Readers refuse others.</param>
/// <param name="Manifests">The manifests.</param>
internal sealed record KeptSegment(int FormatVersion, IReadOnlyList<KeptManifest> Manifests)
{
    /// <summary>The version that this program reads and writes.</summary>
    public const int Current = 1;
}
