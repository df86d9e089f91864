using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training.Tests;

public sealed class ModelNotesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ImportAsync_dropout_that_is_not_applied_is_said_once()
    {
        using var folder = new TempFolder();
        var model = Directory.CreateDirectory(folder["model"]).FullName;
        foreach (var file in Directory.GetFiles(TinyStories.Model)) File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        var config = Path.Combine(model, "config.json");
        var json = JsonNode.Parse(await File.ReadAllTextAsync(config, Token))!;
        json["attention_dropout"] = 0.1;
        await File.WriteAllTextAsync(config, json.ToJsonString(), Token);

        var store = new FolderBlobStore(folder["store"]);
        Assert.Equal(
            "warning: the model's config.json asks for dropout in training (attention_dropout 0.1), which is not applied",
            await NoteAsync("test", model));
        Assert.Null(await NoteAsync("test", model));
        Assert.Null(await NoteAsync("without", TinyStories.Model));

        async Task<string?> NoteAsync(string run, string from) => (await RunImporter.ImportAsync(
            store, TinyStories.Request(TinyStories.Spec(1) with { RunName = run }, from), null, Token)).ModelNote;
    }
}
