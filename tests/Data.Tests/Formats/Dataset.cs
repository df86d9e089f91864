namespace LisaOrleans.Data.Tests;

/// <summary>Reads a data set from text, through a file as always.</summary>
internal static class Dataset
{
    public const string Name = "data.json";

    public static Example[] Read(string content, DatasetSettings? settings = null)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder[Name], content);
        return [.. DatasetReader.Read(folder[Name], settings ?? new DatasetSettings())];
    }

    /// <summary>What is said about a wrong file, after its path.</summary>
    public static string Error(byte[] content, DatasetSettings? settings = null)
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder[Name], content);
        var e = Assert.Throws<DatasetException>(() => DatasetReader.Read(folder[Name], settings ?? new DatasetSettings()).ToArray());
        Assert.StartsWith(folder[Name], e.Message, StringComparison.Ordinal);
        return e.Message[folder[Name].Length..];
    }

    /// <summary>The turns of an example, as "role: content".</summary>
    public static string[] Turns(Example example)
    {
        Assert.Null(example.Text);
        return [.. example.Messages.Select(m => $"{m.Role}: {m.Content}")];
    }
}
