using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>All that decides which tokens a data set becomes.</summary>
/// <param name="Text">Where the tokenizer and its template are.</param>
/// <param name="Sources">Files, folders and patterns.</param>
/// <param name="Split">Which part of them.</param>
/// <param name="Settings">How records become samples.</param>
/// <param name="BlockSize">Longest sample in tokens.</param>
/// <param name="VocabularySize">The model's.</param>
/// <param name="TemplateTime">
/// The time that the folder's chat template takes as the present; null if it does not ask for it.
/// </param>
/// <param name="Pairs">Whether records are pairs of answers.</param>
internal sealed record TokenInput(
    AdaptedText Text, string Sources, DataSplit Split, DatasetSettings Settings,
    int BlockSize, int VocabularySize, DateTimeOffset? TemplateTime = null, bool Pairs = false)
{
    private const int BufferBytes = 1 << 20;

    // What a tokenizer reads of the model's own files, where its own are silent.
    private static readonly string[] s_ofModel = ["model_type", "tokenizer_class", "eos_token_id"];

    // A build with other code may tokenise differently.
    private static readonly string s_code = typeof(DatasetTokenizer).Module.ModuleVersionId.ToString("N");

    /// <summary>A hash over settings and contents; where files lie and what they are called does not matter.</summary>
    public string ComputeKey()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add("code", Encoding.UTF8.GetBytes(s_code));

        // Whether the split must be there decides only whether there are tokens at all.
        var split = Split with { IsRequired = false };
        Add("settings", JsonSerializer.SerializeToUtf8Bytes(new { Settings, BlockSize, Split = split, VocabularySize, TemplateTime }));
        if (Pairs) Add("pairs", []);
        foreach (var folder in ((string[])[Text.TokenizerFolder, Text.TemplateFolder]).Distinct())
            foreach (var name in ModelFileNames.In(folder).Except([ModelFileNames.Config, ModelFileNames.GenerationConfig]))
                AddFile(name, Path.Combine(folder, name));
        foreach (var name in (string[])[ModelFileNames.Config, ModelFileNames.GenerationConfig])
            if (Text.OfModel(name) is var path && File.Exists(path)) Add(name, OfModel(path));
        var sources = DataSources.Files(Sources, Split).ToList();

        // Formats, and the share that is held out, are chosen source by source.
        if (sources.Count > 1) Add($"sources {string.Join(' ', sources.Select(s => s.Files.Count))}", []);
        foreach (var (files, weight) in sources) foreach (var file in files) AddFile($"data {weight:R}", file);
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void AddFile(string name, string path)
        {
            // Large data are read in large pieces.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes, FileOptions.SequentialScan);
            Add(name, SHA256.HashData(file));
        }

        void Add(string name, byte[] content)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name} {content.Length}\n"));
            hash.AppendData(content);
        }
    }

    private static byte[] OfModel(string path)
    {
        var content = File.ReadAllBytes(path);
        JsonElement root;
        try
        {
            root = JsonElement.Parse(content);
        }
        catch (JsonException)
        {
            // Whoever reads it says so.
            return content;
        }

        if (root.ValueKind != JsonValueKind.Object) return content;
        return Encoding.UTF8.GetBytes(string.Join('\n', s_ofModel.Select(f => root.TryGetProperty(f, out var value) ? value.GetRawText() : "")));
    }

    /// <summary>Sizes and times of the data's files, to notice when they change while they are read.</summary>
    public string Stamp() => string.Join(
        ';', DataSources.Files(Sources, Split).SelectMany(s => s.Files).Select(LinkedFile.Resolve)
            .Select(f => $"{f.FullName} {f.Length} {f.LastWriteTimeUtc.Ticks}"));
}
