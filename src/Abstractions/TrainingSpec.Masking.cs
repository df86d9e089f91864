namespace LisaOrleans;

/// <content>Samples that a run is not to learn from.</content>
public sealed partial record TrainingSpec
{
    /// <value>
    /// Samples that are not learned from, by their numbers in the ledger, from 0. Pads stand in their places, so every other sample
    /// stays in its batch, and nothing that they say reaches the run. Default none.
    /// </value>
    [Id(120)]
    [Setting("samples to learn nothing from: a file with a number on each line, as in ledger.jsonl; all other samples keep their batches",
        Group = SettingGroups.Batches, IsFile = true)]
    public IReadOnlyList<int> MaskSamples { get; init; } = [];
}
