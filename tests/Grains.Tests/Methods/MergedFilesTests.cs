using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>What a merged model has beside its weights.</summary>
public sealed class MergedFilesTests
{
    // Processors of transformers refuse chat_template.json beside additional templates.
    [Fact]
    public async Task MergeAsync_template_of_an_adapter_takes_the_place_of_that_for_processors()
    {
        var token = TestContext.Current.CancellationToken;
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["model"]);
        foreach (var file in Directory.GetFiles(TinyStories.Model)) File.Copy(file, folder[$"model/{Path.GetFileName(file)}"]);
        await File.WriteAllTextAsync(folder["model/chat_template.json"], """{"chat_template": "{{ messages[0].content }}"}""", token);
        var request = TinyStories.Request(TinyStories.LoraSpec(1), folder["model"]);
        using var run = await TestRun.ImportAsync(request with { Dataset = new DatasetSettings { Template = "zephyr" } });
        await run.FinishAsync();

        await ModelMerger.MergeAsync(folder["model"], await run.ExportAsync(), null, folder["merged"], token);
        Assert.False(File.Exists(folder["merged/chat_template.json"]));
        Assert.Equal("{{ messages[0].content }}", await File.ReadAllTextAsync(folder["merged/chat_template.jinja"], token));
        Assert.True(File.Exists(folder["merged/additional_chat_templates/zephyr.jinja"]));
    }

    [Fact]
    public async Task ExportAsync_and_MergeAsync_delete_what_another_model_left()
    {
        var token = TestContext.Current.CancellationToken;
        using var run = await TestRun.TrainAsync(TinyStories.LoraSpec(1));
        using var folder = new TempFolder();
        var adapter = await run.ExportAsync();
        Directory.CreateDirectory(folder["merged"]);
        string[] left = [Path.Combine(adapter, "chat_template.jinja"), Path.Combine(adapter, "tekken.json"), folder["merged/vocab.json"]];
        foreach (var file in left) await File.WriteAllTextAsync(file, "another model's", token);

        await run.ExportAsync();
        await ModelMerger.MergeAsync(TinyStories.Model, adapter, null, folder["merged"], token);

        Assert.DoesNotContain(left, File.Exists);
        foreach (var written in (string[])[adapter, folder["merged"]]) Assert.True(File.Exists(Path.Combine(written, "tokenizer.model")));
    }
}
