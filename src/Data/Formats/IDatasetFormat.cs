namespace LisaOrleans.Data;

/// <summary>One way to write training examples as JSON. To add one: implement this, and list it in <see cref="DatasetFormats"/>.</summary>
internal interface IDatasetFormat
{
    /// <summary>Its value for --data-format.</summary>
    string Name { get; }

    /// <summary>Fields that it reads, for messages.</summary>
    string Fields { get; }

    /// <summary>Fields that repeat what others hold, and may be left out.</summary>
    IReadOnlyList<string> Redundant => [];

    /// <summary>Whether a record looks like this format.</summary>
    bool Matches(RecordReader record, DatasetSettings settings);

    /// <summary>Reads a record. Fields that it does not read are looked at afterwards, by <see cref="FieldPolicy"/>.</summary>
    Example Parse(RecordReader record, DatasetSettings settings);
}
