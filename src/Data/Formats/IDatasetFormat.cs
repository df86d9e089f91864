using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>One way to write training examples as JSON. To add one: implement this, and list it in <see cref="DatasetFormats"/>.</summary>
internal interface IDatasetFormat
{
    /// <summary>Its value for --data-format.</summary>
    string Name { get; }

    /// <summary>Fields by which it is recognised, for messages.</summary>
    string Fields { get; }

    /// <summary>Whether a record looks like this format.</summary>
    bool Matches(JsonElement record, DatasetOptions options);

    /// <summary>Reads a record.</summary>
    Example Parse(RecordReader record, DatasetOptions options);
}
