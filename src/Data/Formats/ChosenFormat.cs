namespace LisaOrleans.Data;

/// <summary>
/// The preferred answers of <see cref="PreferenceFormat"/>, for supervised training; nothing is learned of the prompt. Only by its name.
/// </summary>
internal sealed class ChosenFormat : IDatasetFormat
{
    public string Name => "chosen";

    public string Fields => "as preference; the rejected answers are left out";

    public IReadOnlyList<string> Redundant => ["messages"];

    public bool Matches(RecordReader record, DatasetSettings settings) => false;

    public Example Parse(RecordReader record, DatasetSettings settings) => PreferenceFormat.ParsePair(record).Chosen;
}
