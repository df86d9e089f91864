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
}
