namespace LisaOrleans.Checkpoints;

/// <summary>
/// What a store says about who works on a run. It changes with every beat, which is the only sign that the holder lives.
/// </summary>
/// <param name="Holder">Who.</param>
/// <param name="Since">Since when, by the holder's clock: for people only.</param>
/// <param name="Beat">How often the holder has renewed it.</param>
/// <param name="Released">Whether it has let go, or was made to.</param>
internal sealed record LeaseDocument(RunHolder Holder, DateTimeOffset Since, long Beat, bool Released = false);
