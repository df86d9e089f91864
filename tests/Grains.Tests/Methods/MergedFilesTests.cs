using System.Text.Json.Nodes;
using LisaOrleans.Data;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>What a merged model has beside its weights, and what a model with an adapter reads of both.</summary>
public sealed class MergedFilesTests
{
    private const string Ours = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}";
    private const string Theirs = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Wherever either folder has its template: that of the adapter counts, by itself.
    [Theory]
    [InlineData("chat_template.jinja", "tokenizer_config.json", true)]
    [InlineData("chat_template.jinja", "tokenizer_config.json", false)]
    [InlineData("chat_template.json", "tokenizer_config.json", true)]
    [InlineData("tokenizer_config.json", "chat_template.jinja", false)]
    [InlineData("tokenizer_config.json", "chat_template.jinja", true)]
    [InlineData("tokenizer_config.json", null, true)]
    [InlineData("chat_template.jinja", null, true)]
    [InlineData(null, "tokenizer_config.json", false)]
    [InlineData(null, null, true)]
    public async Task ReadAsync_template_of_the_adapter_takes_the_place_of_every_other(string? ofModel, string? ofAdapter, bool tokenizer)
    {
        using var folder = new TempFolder();
        CopyModel(folder["model"]);
        Directory.CreateDirectory(folder["adapter"]);
        if (tokenizer)
            foreach (var name in (string[])["tokenizer.model", "tokenizer_config.json"]) File.Copy(folder[$"model/{name}"], folder[$"adapter/{name}"]);
        Write(folder["model"], ofModel, Ours);
        Write(folder["adapter"], ofAdapter, Theirs);
        var source = new AdaptedText(folder["model"], folder["adapter"]);
        var files = await source.ReadAsync(Token);
        Directory.CreateDirectory(folder["both"]);
        foreach (var (name, content) in files) File.WriteAllBytes(Path.Combine(folder["both"], name), content);

        var (apart, both) = (ModelText.Load(source, DateTimeOffset.UnixEpoch), ModelText.Load(folder["both"], DateTimeOffset.UnixEpoch));
        var expected = ofAdapter is not null ? Theirs : ofModel is not null ? Ours : null;
        Assert.Equal((expected, expected), (apart.Template?.Source, both.Template?.Source));
        Assert.Equal(apart.Tokenizer.Encode("an owl"), both.Tokenizer.Encode("an owl"));
        Assert.Equal(ofAdapter is null && ofModel == "chat_template.json", files.ContainsKey("chat_template.json"));
    }

    [Fact]
    public async Task ImportAsync_run_that_begins_with_an_adapter_reads_chats_by_its_template()
    {
        using var folder = new TempFolder();
        CopyModel(folder["model"]);
        Write(folder["model"], "chat_template.jinja", Ours);
        var chat = """{"messages": [{"role": "user", "content": "Who flies?"}, {"role": "assistant", "content": "The owl."}]}""";
        await File.WriteAllLinesAsync(folder["chats.jsonl"], Enumerable.Repeat(chat, 20), Token);
        var request = TinyStories.Request(TinyStories.LoraSpec(1), folder["model"]) with { DataFile = folder["chats.jsonl"] };
        using var first = await TestRun.ImportAsync(request);
        var adapter = await first.ExportAsync();
        using var older = await TestRun.ImportAsync(request with { AdapterFolder = adapter });
        Write(adapter, "chat_template.jinja", Theirs);
        using var second = await TestRun.ImportAsync(request with { AdapterFolder = adapter });
        Write(folder["model"], "chat_template.jinja", Theirs);
        using var same = await TestRun.ImportAsync(request);

        var (begun, data) = (await first.ManifestAsync(), (await second.ManifestAsync()).Dataset);
        Assert.Equal((await same.ManifestAsync()).Dataset, data);
        Assert.NotEqual(begun.Dataset, data);
        Assert.Equal(Theirs, FolderChatTemplate.Load(await second.ExportAsync(), DateTimeOffset.UnixEpoch)!.Source);

        // A run that an older build began has the model's, and goes on with it.
        Write(folder["model"], "chat_template.jinja", Ours);
        var error = await Assert.ThrowsAsync<RunExistsException>(() => Again());
        Assert.StartsWith("training data", Assert.Single(error.Differences), StringComparison.Ordinal);
        Assert.Contains($"lisa train --resume {error.Run} ", error.Message, StringComparison.Ordinal);
        await TamperedRun.ChangeAsync(older, onlyLater: false, (m, spec) =>
            (m with { Properties = m.Properties.Where(p => p.Key != "adapter_text").ToDictionary() }, spec));
        Assert.True((await Again()).Resumed);

        Task<ImportOutcome> Again() => RunImporter.ImportAsync(older.Store, request with { AdapterFolder = adapter }, null, Token);
    }

    // Only the model's config.json says which of the tokenizer's tokens ends a text.
    [Fact]
    public async Task ImportAsync_model_says_what_the_tokenizer_of_the_adapter_leaves_out()
    {
        using var folder = new TempFolder();
        CopyModel(folder["model"]);
        await File.WriteAllTextAsync(folder["texts.jsonl"], """{"text": "abba"}""", Token);
        var request = TinyStories.Request(TinyStories.LoraSpec(1), folder["model"]) with { DataFile = folder["texts.jsonl"] };
        using var first = await TestRun.ImportAsync(request);
        var adapter = await first.ExportAsync();
        foreach (var name in (string[])["tokenizer.model", "tokenizer_config.json"]) File.Delete(Path.Combine(adapter, name));
        await File.WriteAllTextAsync(
            Path.Combine(adapter, "tokenizer.json"),
            """
            {
              "added_tokens": [{"id": 2, "content": "<end>", "special": true}],
              "model": {"type": "BPE", "vocab": {"a": 3, "b": 4}, "merges": []}
            }
            """, Token);
        var source = new AdaptedText(folder["model"], adapter);
        Assert.Equal(2, ModelText.Load(source, DateTimeOffset.UnixEpoch).Tokenizer.EosTokenId);
        Assert.Null(TokenizerLoader.Load(adapter).EosTokenId);

        request = request with { AdapterFolder = adapter };
        using var run = await TestRun.ImportAsync(request);
        Assert.True((await Again()).Resumed);

        // A run that an older build began goes on without.
        await TamperedRun.ChangeAsync(run, onlyLater: false, (m, spec) =>
            (m with { Properties = m.Properties.Where(p => p.Key != "adapter_tokenizer_completed").ToDictionary() }, spec));
        var error = await Assert.ThrowsAsync<RunExistsException>(() => Again());
        Assert.StartsWith("training data", Assert.Single(error.Differences), StringComparison.Ordinal);

        Task<ImportOutcome> Again() => RunImporter.ImportAsync(run.Store, request, null, Token);
    }

    // Processors of transformers refuse chat_template.json beside additional templates.
    [Fact]
    public async Task MergeAsync_template_of_an_adapter_takes_the_place_of_that_for_processors()
    {
        using var folder = new TempFolder();
        CopyModel(folder["model"]);
        await File.WriteAllTextAsync(folder["model/chat_template.json"], """{"chat_template": "{{ messages[0].content }}"}""", Token);
        var request = TinyStories.Request(TinyStories.LoraSpec(1), folder["model"]);
        using var run = await TestRun.ImportAsync(request with { Dataset = new DatasetSettings { Template = "zephyr" } });
        await run.FinishAsync();

        await ModelMerger.MergeAsync(folder["model"], await run.ExportAsync(), null, folder["merged"], Token);
        Assert.False(File.Exists(folder["merged/chat_template.json"]));
        Assert.Equal("{{ messages[0].content }}", await File.ReadAllTextAsync(folder["merged/chat_template.jinja"], Token));
        Assert.True(File.Exists(folder["merged/additional_chat_templates/zephyr.jinja"]));
    }

    [Fact]
    public async Task ExportAsync_and_MergeAsync_delete_what_another_model_left()
    {
        using var run = await TestRun.TrainAsync(TinyStories.LoraSpec(1));
        using var folder = new TempFolder();
        var adapter = await run.ExportAsync();
        Directory.CreateDirectory(folder["merged"]);
        string[] left = [Path.Combine(adapter, "chat_template.jinja"), Path.Combine(adapter, "tekken.json"), folder["merged/vocab.json"]];
        foreach (var file in left) await File.WriteAllTextAsync(file, "another model's", Token);

        await run.ExportAsync();
        await ModelMerger.MergeAsync(TinyStories.Model, adapter, null, folder["merged"], Token);

        Assert.DoesNotContain(left, File.Exists);
        foreach (var written in (string[])[adapter, folder["merged"]]) Assert.True(File.Exists(Path.Combine(written, "tokenizer.model")));
    }

    private static void CopyModel(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(TinyStories.Model)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
    }

    private static void Write(string folder, string? name, string template)
    {
        if (name is null) return;
        var path = Path.Combine(folder, name);
        if (name.EndsWith(".jinja", StringComparison.Ordinal))
        {
            File.WriteAllText(path, template);
            return;
        }

        var root = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))!.AsObject() : [];
        root["chat_template"] = template;
        File.WriteAllText(path, root.ToJsonString());
    }
}
