using LisaOrleans.Data;
using LisaOrleans.Samples.Make;

namespace LisaOrleans.Bench;

/// <summary>
/// A model with random weights, about 30 M of them unless told otherwise, and the sample's tokenizer and data, in a folder that is deleted
/// when this is disposed.
/// </summary>
internal sealed class BenchModel : IDisposable
{
    /// <value>29.6 M parameters: eight layers of 3.2 M, an embedding and a head of 2.1 M each.</value>
    public static RandomModelShape Shape { get; } = new(512, 1376, 8, 8, 8, 4096, 256, Tied: false);

    /// <value>The shape of stories260K.</value>
    public static RandomModelShape Stories { get; } = new(64, 172, 5, 8, 4, 512, 512, Tied: true);

    /// <value>The folder of samples of the checkout.</value>
    public static string Samples => Path.Combine(RepositoryRoot(), "samples");

    private BenchModel(string root) => Root = root;

    public string Root { get; }

    public string Folder => Path.Combine(Root, "model");

    public string Data => Path.Combine(Root, "data.jsonl");

    /// <summary>Makes one.</summary>
    /// <param name="shape">Its shape; null for <see cref="Shape"/>.</param>
    public static async Task<BenchModel> CreateAsync(RandomModelShape? shape = null)
    {
        var model = new BenchModel(Directory.CreateTempSubdirectory("lisa-bench-").FullName);
        Directory.CreateDirectory(model.Folder);
        await RandomModel.WriteAsync(model.Folder, shape ?? Shape, seed: 7);
        File.Copy(Path.Combine(Samples, "tiny-stories", "tokenizer.model"), Path.Combine(model.Folder, "tokenizer.model"));
        await WriteDataAsync(model.Data);
        return model;
    }

    /// <summary>Writes 256 rows of one length, so that every step is the same work: a long line of text cut to the block size.</summary>
    public static async Task WriteDataAsync(string file)
    {
        var text = string.Join(
            ' ', File.ReadLines(Path.Combine(Samples, "animals.jsonl")).Select(l => l.Replace("\"", "", StringComparison.Ordinal)));
        var random = new CounterRandom(1, 0);
        await File.WriteAllLinesAsync(file, Enumerable.Range(0, 256).Select(_ =>
            $"{{\"text\":\"{text.Substring(random.NextInt(text.Length - 2000), 2000)}\"}}"));
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "LisaOrleans.sln"))) return folder.FullName;
        throw new InvalidOperationException("run the benchmarks from a checkout");
    }
}
