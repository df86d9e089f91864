namespace LisaOrleans;

/// <summary>A manifest was committed: from here the run can resume.</summary>
/// <param name="Step">Its step.</param>
/// <param name="BytesWritten">Bytes that had to be uploaded for it.</param>
/// <param name="StallSeconds">How long training paused for it.</param>
[GenerateSerializer, Immutable, Alias("lisa.ManifestSaved")]
public sealed record ManifestSaved([property: Id(0)] long Step, [property: Id(1)] long BytesWritten, [property: Id(2)] double StallSeconds)
    : TrainingEvent;
