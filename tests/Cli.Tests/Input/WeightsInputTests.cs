using System.Text.Json;

namespace LisaOrleans.Cli.Tests;

/// <summary>Weights from a stranger.</summary>
public sealed class WeightsInputTests
{
    private const string Norm = "model.norm.weight";

    private static readonly Dictionary<string, (Action<RawSafetensors> Change, string[] Says)> s_hostile = new()
    {
        ["overlap"] = (f => Tensor(f, Norm, "data_offsets", "[0,384]"), ["overlap"]),
        ["gap"] = (f => Tensor(f, Norm, "shape", "[95]", "data_offsets", "[2609664,2610044]"), ["data"]),
        ["beyond the end"] = (f => Tensor(f, Norm, "data_offsets", "[9000000,9000384]"), ["cut off", Norm]),
        ["backwards"] = (f => Tensor(f, Norm, "data_offsets", "[384,0]"), ["data_offsets", Norm]),
        ["negative offsets"] = (f => Tensor(f, Norm, "data_offsets", "[-384,0]"), ["data_offsets", Norm]),
        ["overflowing shape"] = (f => Tensor(f, Norm, "shape", "[4294967296,4294967296,96]"), ["shape", Norm]),
        ["negative shape"] = (f => Tensor(f, Norm, "shape", "[-96]"), ["shape", Norm]),
        ["another rank"] = (f => Tensor(f, Norm, "shape", "[96,1]"), ["[96, 1]", Norm]),
        ["integers"] = (f => Tensor(f, Norm, "dtype", "\"I32\""), ["I32", Norm]),
        ["unknown dtype"] = (f => Tensor(f, Norm, "dtype", "\"F7\""), ["dtype", Norm]),
        ["another name"] = (f => f.Header = f.Header.Replace(Norm, "model.nose.weight", StringComparison.Ordinal), [Norm, "missing"]),
        ["one more"] = (f => f.Header = Insert(f.Header, "\"extra\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}"), ["'extra'"]),
        ["a name with commands for a terminal"] = (f => f.Header = Insert(
            f.Header, "\"\\u001b[31mred\\nline\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}"), ["[31mred line"]),
        ["a name twice"] = (f => f.Header = Insert(f.Header, $"\"{Norm}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}"),
            ["twice", Norm]),
        ["half a surrogate pair"] = (f => f.Header = Insert(
            f.Header, "\"\\ud800\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}"), ["header"]),
        ["half a surrogate pair in the metadata"] = (f => f.Header = Insert(f.Header, "\"__metadata__\":{\"a\":\"\\ud800\"}"), ["header"]),
        ["metadata that is no text"] = (f => f.Header = Insert(f.Header, "\"__metadata__\":{\"a\":1}"), ["__metadata__.a"]),
        ["header is a list"] = (f => f.Header = "[]", ["JSON object"]),
        ["header is no JSON"] = (f => f.Header = "{" + f.Header, ["JSON"]),
        ["a hundred thousand levels"] = (f => f.Header = new string('[', 100_000), ["JSON"]),
        ["something after the last tensor"] = (f => f.Data = [.. f.Data, 0], ["1 bytes after"]),
        ["cut off"] = (f => f.Data = f.Data[..1000], ["cut off"]),
    };

    public static TheoryData<string> Hostile => [.. s_hostile.Keys];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task Train_hostile_weights_file_is_refused(string what)
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder);
        var (change, says) = s_hostile[what];
        var file = new RawSafetensors(model);
        change(file);
        file.Write();
        await Lisa.RefusesAsync(Sample.Train(folder["out"], model), [model, .. says]);
        Sample.HasNoFiles(folder["out"]);
    }

    [Theory]
    [InlineData(100_000_001UL, "at most 100000000")]
    [InlineData(1UL << 62, "at most 100000000")]
    [InlineData(ulong.MaxValue, "at most 100000000")]
    [InlineData(50_000_000UL, "cut off")]
    [InlineData(0UL, "JSON")]
    public async Task Eval_and_generate_header_of_impossible_length_is_refused(ulong length, string says)
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder);
        new RawSafetensors(model).Write(length);
        await Lisa.RefusesAsync(["eval", "--model", model, "--data", Sample.Data], "model.safetensors", says);
        await Lisa.RefusesAsync(["generate", "--model", model, "--prompt", "x"], "model.safetensors", says);
    }

    [Fact]
    public async Task Train_folder_without_safetensors_is_refused()
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder);
        File.Move(Path.Combine(model, "model.safetensors"), Path.Combine(model, "pytorch_model.bin"));
        await Lisa.RefusesAsync(Sample.Train(folder["out"], model), model, "model.safetensors", "pickled");
    }

    [Fact]
    public async Task Train_empty_weights_file_is_refused()
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder);
        await File.WriteAllBytesAsync(Path.Combine(model, "model.safetensors"), [], Token);
        await Lisa.RefusesAsync(Sample.Train(folder["out"], model), "model.safetensors", "empty");
    }

    [Theory]
    [InlineData("""{"weight_map":{"model.norm.weight":"../model.safetensors"}}""", "weight_map.model.norm.weight")]
    [InlineData("""{"weight_map":{"model.norm.weight":"/etc/passwd"}}""", "weight_map.model.norm.weight")]
    [InlineData("""{"weight_map":{"model.nose.weight":"model.safetensors"}}""", "model.nose.weight")]
    [InlineData("""{"weight_map":{"model.norm.weight":5}}""", "weight_map.model.norm.weight")]
    [InlineData("""{"weight_map":{"model.norm.weight":"\ud800"}}""", "index.json")]
    [InlineData("""{"weight_map":{"\ud800":"model.safetensors"}}""", "index.json")]
    [InlineData("""{"weight_map":[]}""", "weight_map")]
    [InlineData("""{"weight_map":{""", "index.json: line 1, byte 16: is not valid JSON: it ends before")]
    public async Task Train_hostile_index_is_refused(string index, string says)
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder);
        await File.WriteAllTextAsync(Path.Combine(model, "model.safetensors.index.json"), index, Token);
        await Lisa.RefusesAsync(Sample.Train(folder["out"], model), says);
        Sample.HasNoFiles(folder["out"]);
    }

    [Theory]
    [InlineData("""{"weight_map":{"model.norm.weight":"gone.safetensors"}}""", "gone.safetensors: no such file")]
    [InlineData("""{"weight_map":{}}""", "0 tensors")]
    public async Task Train_index_without_its_shards_is_refused_unless_all_weights_are_in_one_file(string index, string says)
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder);
        var whole = Path.Combine(model, "model.safetensors");
        await File.WriteAllTextAsync(Path.Combine(model, "model.safetensors.index.json"), index, Token);
        var read = await Lisa.SucceedsAsync("generate", "--model", model, "--prompt", "One day", "--max-new-tokens", "1");
        Assert.Contains($"lisa: warning: {model}: model.safetensors is read, and not the files", read.Error, StringComparison.Ordinal);

        File.Move(whole, whole + ".old");
        await Lisa.RefusesAsync(Sample.Train(folder["out"], model), says);
        Sample.HasNoFiles(folder["out"]);
    }

    private static void Tensor(RawSafetensors file, string name, params string[] fields)
    {
        using var header = JsonDocument.Parse(file.Header);
        var entries = header.RootElement.EnumerateObject().Select(e =>
        {
            var values = e.Value.EnumerateObject().ToDictionary(f => f.Name, f => f.Value.GetRawText());
            if (e.Name == name)
                foreach (var field in fields.Chunk(2)) values[field[0]] = field[1];
            return $"\"{e.Name}\":{{{string.Join(',', values.Select(v => $"\"{v.Key}\":{v.Value}"))}}}";
        }).ToArray();
        file.Header = $"{{{string.Join(',', entries)}}}";
    }

    private static string Insert(string header, string entry) => $"{{{entry},{header.TrimStart()[1..]}";
}
