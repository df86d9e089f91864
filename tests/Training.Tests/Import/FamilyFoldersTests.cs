using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model.Tests;

namespace LisaOrleans.Training.Tests;

/// <summary>Folders of all families on their way through the store.</summary>
public sealed class FamilyFoldersTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Families => [.. References.All.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Families))]
    public async Task ExportAsync_each_family_has_the_names_values_and_config_of_its_folder(string name)
    {
        using var folder = new TempFolder();
        await FamilyFolder.WriteAsync(folder["in"], References.All.Single(r => r.Name == name), null, Token);
        var before = FamilyFolder.Read(folder["in"]);
        Assert.Equal(before, await ThroughAsync(folder));
        Assert.True(JsonNode.DeepEquals(Json("in"), Json("out")));

        JsonNode? Json(string which) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder[which], ModelFolder.ConfigFile)));
    }

    [Fact]
    public async Task ExportAsync_gpt2_saved_without_its_head_keeps_its_names_and_loses_its_masks()
    {
        using var folder = new TempFolder();
        await FamilyFolder.WriteAsync(folder["in"], Gpt2Reference.First, StoredNames, Token);
        var before = FamilyFolder.Read(folder["in"]);
        Assert.Contains("wte.weight", before.Keys);
        Assert.Contains("h.0.attn.bias", before.Keys);
        Assert.Equal(before.Where(t => !t.Key.EndsWith(".attn.bias", StringComparison.Ordinal)), await ThroughAsync(folder));

        static string[] StoredNames(string name)
        {
            var stored = name["transformer.".Length..];
            return stored.EndsWith("ln_1.bias", StringComparison.Ordinal)
                ? [stored, stored.Replace("ln_1.bias", "attn.bias", StringComparison.Ordinal)]
                : [stored];
        }
    }

    // Whole runs of families are judged by these faults.
    [Fact]
    public async Task Faults_wrong_export_each_difference_is_named()
    {
        using var folder = new TempFolder();
        foreach (var which in (string[])["in", "out"]) await FamilyFolder.WriteAsync(folder[which], "gemma3", Token);
        Assert.Empty(Faults("float32"));
        Assert.StartsWith("config.json is ", Assert.Single(Faults("bfloat16")), StringComparison.Ordinal);

        var config = JsonNode.Parse(await File.ReadAllTextAsync(folder["out/config.json"], Token))!.AsObject();
        (config["dtype"], config["use_cache"]) = ("bfloat16", true);
        await File.WriteAllTextAsync(folder["out/config.json"], config.ToJsonString(), Token);
        Assert.Contains("use_cache", Assert.Single(Faults("bfloat16")), StringComparison.Ordinal);

        config.Remove("use_cache");
        await File.WriteAllTextAsync(folder["out/config.json"], config.ToJsonString(), Token);
        Assert.Empty(Faults("bfloat16"));
        File.Delete(folder["out/tokenizer.model"]);
        await FamilyFolder.WriteWeightsAsync(folder["out"], FamilyFolder.ReferenceOf("gemma3"), name => [name], Token);
        var faults = Faults("bfloat16");
        Assert.Contains("tokenizer.model is missing", faults);
        Assert.Contains("tensor model.language_model.norm.weight is gone", faults);
        Assert.Contains("tensor model.norm.weight is new", faults);

        IReadOnlyList<string> Faults(string dtype) => FamilyExport.Faults(folder["in"], folder["out"], dtype);
    }

    private static async Task<SortedDictionary<string, byte[]>> ThroughAsync(TempFolder folder)
    {
        var store = new FolderBlobStore(folder["store"]);
        var spec = TinyStories.Spec(1) with { BlockSize = 16, Dtype = "float32" };
        await RunImporter.ImportAsync(store, TinyStories.Request(spec, folder["in"]), null, Token);
        await RunExporter.ExportAsync(store, "test", folder["out"], Token);
        return FamilyFolder.Read(folder["out"]);
    }
}
