namespace LisaOrleans.Data;

/// <summary>One kind of file. To add one: implement this, and list it in <see cref="RecordSources"/>.</summary>
internal interface IRecordSource
{
    /// <summary>Its name, for messages.</summary>
    string Name { get; }

    /// <summary>Whether a file is of this kind, by how its content begins.</summary>
    bool Matches(ReadOnlySpan<byte> head, DatasetSettings settings);

    /// <summary>Its records in their order.</summary>
    /// <exception cref="DatasetException">The file is damaged.</exception>
    IEnumerable<RawRecord> Read(DataFile file);
}
