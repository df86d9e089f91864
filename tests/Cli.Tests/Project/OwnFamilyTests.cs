using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli.Tests;

/// <summary>docs/add-a-model-family.md, followed: with its file and its line lisa trains a family of one's own.</summary>
[Collection(nameof(OwnProgram))]
public sealed partial class OwnFamilyTests(OwnProgram program, TrainedRuns runs)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Adds one file and one line to src/Model.</summary>
    internal static async Task AddAsync(string source, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(Path.Combine(source, "Families/Toy.cs"), await PageAsync("record Toy "), cancellationToken);
        var line = (await PageAsync("new(\"toy\"")).Trim();
        await OwnProgram.ReplaceAsync(
            Path.Combine(source, "Families/ModelFamilies.cs"), "    ];", $"        {line}\n    ];", cancellationToken);
    }

    [Fact]
    public async Task Add_family_by_the_page_trains_like_any_other()
    {
        using var folder = new TempFolder();
        string[] settings = ["--max-steps", "7", "--save-steps", "2"];

        // Without its own feature it is Llama, to the bit; with it, it is not.
        var (same, toy) = (Toy(folder, "same", gain: 1), Toy(folder, "toy", gain: 0.5));
        var llama = await runs.WholeAsync();
        await SucceedsAsync(Sample.Train(folder["same-out"], same, more: ["--max-steps", $"{TrainedRuns.Steps}"]));
        await SucceedsAsync([.. Sample.Train(folder["toy-out"], toy), .. settings]);
        Assert.Equal(RunFolder.Log(llama), RunFolder.Log(folder["same-out"]));
        Assert.Equal(RunFolder.WeightsSha(llama), RunFolder.WeightsSha(folder["same-out"]));
        Assert.NotEqual(RunFolder.Log(llama)[0], RunFolder.Log(folder["toy-out"])[0]);
        Assert.Equal(Names(toy), Names(folder["toy-out"]));
        Assert.Equal(
            await File.ReadAllTextAsync(Path.Combine(toy, "config.json"), Token), await File.ReadAllTextAsync(folder["toy-out/config.json"], Token));

        string[] again = [.. Sample.Train(folder["killed"], toy), .. settings];
        using (var process = program.Start(again))
        {
            Assert.True(await process.WaitForLineAsync(l => l.StartsWith("step 3", StringComparison.Ordinal), Token));
            await process.KillAsync(Token);
        }

        await SucceedsAsync(again);
        Assert.Equal(RunFolder.WeightsSha(folder["toy-out"]), RunFolder.WeightsSha(folder["killed"]));

        // The unchanged program knows no family toy; only the new one can say which family has its field.
        await Lisa.RefusesAsync(Sample.Train(folder["no"], toy), "field 'model_type' is 'toy'");
        Assert.Contains(
            "'layer_gain' is 0.5, which llama does not implement here; the families that do are toy",
            await program.RefusesAsync(Sample.Train(folder["no"], Toy(folder, "not-llama", gain: 0.5, type: "llama")), Token),
            StringComparison.Ordinal);

        Task SucceedsAsync(string[] arguments) => program.SucceedsAsync(arguments, Token);
    }

    [Fact]
    public async Task Qwen3_is_shown_whole_on_the_page()
    {
        var code = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "src/Model/Families/Qwen3.cs"), Token);
        var plain = string.Join('\n', code.Where(l => !l.TrimStart().StartsWith("///", StringComparison.Ordinal)));
        Assert.Equal(plain[plain.IndexOf("public sealed", StringComparison.Ordinal)..].Trim(), (await PageAsync("record Qwen3 ")).Trim());
    }

    private static async Task<string> PageAsync(string holds)
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/add-a-model-family.md"), Token);
        return CodeBlock().Matches(page).Select(m => m.Groups[1].Value).Single(c => c.Contains(holds, StringComparison.Ordinal));
    }

    private static string Toy(TempFolder folder, string name, double gain, string type = "toy")
    {
        var model = folder[name];
        Directory.CreateDirectory(model);
        foreach (var file in Directory.GetFiles(Sample.Model)) File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        var path = Path.Combine(model, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        (config["model_type"], config["layer_gain"]) = (type, gain);
        File.WriteAllText(path, config.ToJsonString());
        return model;
    }

    private static string[] Names(string model)
    {
        using var reader = SafetensorsReader.OpenFile(Path.Combine(model, "model.safetensors"));
        return [.. reader.Tensors.Keys.Order(StringComparer.Ordinal)];
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
