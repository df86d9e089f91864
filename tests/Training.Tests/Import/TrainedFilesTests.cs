using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training.Tests;

/// <summary>What an export has beside the weights: the template and the end ids that were trained.</summary>
public sealed class TrainedFilesTests : IDisposable
{
    private const int Eos = 2;
    private const int TurnEnd = 512;
    private const string ChatTemplate = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}";
    private const string Chats = """{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo"}]}""";
    private const string Texts = """{"text": "The fox is red."}""";

    private readonly TempFolder _folder = new();

    public TrainedFilesTests()
    {
        Directory.CreateDirectory(_folder["model"]);
        foreach (var file in Directory.GetFiles(TinyStories.Model)) File.Copy(file, _folder[$"model/{Path.GetFileName(file)}"]);
        AddRow();
        Change("config.json", root => root["vocab_size"] = TurnEnd + 1);
        Change("tokenizer_config.json", root =>
            root["added_tokens_decoder"] = new JsonObject { ["512"] = new JsonObject { ["content"] = "<|im_end|>", ["special"] = true } });
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ExportAsync_folder_without_generation_config_gets_one_with_every_end_id()
    {
        Write("chat_template.jinja", ChatTemplate);
        await ExportAsync(Chats);
        Assert.Equal([Eos, TurnEnd], EndIds("config.json"));
        Assert.Equal([Eos, TurnEnd], EndIds("generation_config.json"));
        Assert.Equal(1, Read("generation_config.json")["bos_token_id"]!.GetValue<int>());
    }

    [Fact]
    public async Task ExportAsync_end_ids_of_the_folder_stay_and_missing_ones_follow()
    {
        Write("generation_config.json", """{"eos_token_id": [7, 2], "temperature": 0.5}""");
        await ExportAsync(Chats, "chatml");
        Assert.Equal([2, TurnEnd], EndIds("config.json"));
        Assert.Equal([7, 2, TurnEnd], EndIds("generation_config.json"));
        Assert.Equal(0.5, Read("generation_config.json")["temperature"]!.GetValue<double>());
    }

    [Fact]
    public async Task ExportAsync_texts_end_with_the_tokenizers_end_token_even_where_the_config_names_none()
    {
        Change("config.json", root => root.Remove("eos_token_id"));
        await ExportAsync(Texts);
        Assert.Empty(EndIds("config.json"));
        Assert.Equal([Eos], EndIds("generation_config.json"));
    }

    [Fact]
    public async Task ExportAsync_carries_the_folders_further_templates_and_lists_of_them()
    {
        Write("chat_template.jinja", ChatTemplate);
        Write("additional_chat_templates/tool_use.jinja", "{{ tools }}");
        Write("additional_chat_templates/notes.txt", "not a template");
        await ExportAsync(Chats);
        Assert.Equal(ChatTemplate, File.ReadAllText(_folder["out/chat_template.jinja"]));
        Assert.Equal(["tool_use.jinja"], Directory.GetFiles(_folder["out/additional_chat_templates"]).Select(Path.GetFileName));
        Assert.Equal("{{ tools }}", File.ReadAllText(_folder["out/additional_chat_templates/tool_use.jinja"]));

        Directory.Delete(_folder["model/additional_chat_templates"], recursive: true);
        File.Delete(_folder["model/chat_template.jinja"]);
        var list = new JsonArray(
            new JsonObject { ["name"] = "default", ["template"] = ChatTemplate },
            new JsonObject { ["name"] = "tool_use", ["template"] = "{{ tools }}" });
        Change("tokenizer_config.json", root => root["chat_template"] = list);
        await ExportAsync(Chats);
        Assert.True(JsonNode.DeepEquals(list, Read("tokenizer_config.json")["chat_template"]));
        Assert.False(File.Exists(_folder["out/chat_template.jinja"]), "an earlier export's template would be taken for this one's");
        Assert.Empty(Directory.GetFiles(_folder["out/additional_chat_templates"]));
    }

    [Fact]
    public async Task ExportAsync_template_by_name_is_the_usual_one_of_a_folder_without()
    {
        await ExportAsync(Chats, "chatml");
        var written = File.ReadAllText(_folder["out/chat_template.jinja"]);
        Assert.Contains("<|im_start|>", written, StringComparison.Ordinal);
        Assert.Equal(written, Read("tokenizer_config.json")["chat_template"]!.GetValue<string>());
        Assert.False(Directory.Exists(_folder["out/additional_chat_templates"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ExportAsync_template_by_name_stands_beside_the_folders_own(bool inFile)
    {
        const string Own = "{{ messages }}";
        if (inFile) Write("chat_template.jinja", Own);
        else Change("tokenizer_config.json", root => root["chat_template"] = Own);
        Write("additional_chat_templates/tool_use.jinja", "{{ tools }}");
        var tokenizer = File.ReadAllText(_folder["model/tokenizer_config.json"]);
        await ExportAsync(Chats, "chatml");
        Assert.Equal(Own, File.ReadAllText(_folder["out/chat_template.jinja"]));
        Assert.Equal("{{ tools }}", File.ReadAllText(_folder["out/additional_chat_templates/tool_use.jinja"]));
        Assert.Contains("<|im_start|>", File.ReadAllText(_folder["out/additional_chat_templates/chatml.jinja"]), StringComparison.Ordinal);
        Assert.Equal(tokenizer, File.ReadAllText(_folder["out/tokenizer_config.json"]));
    }

    // Processors of transformers refuse chat_template.json beside additional templates.
    [Fact]
    public async Task ExportAsync_template_of_processors_is_carried_and_replaced_where_another_is_trained()
    {
        Write("chat_template.json", new JsonObject { ["chat_template"] = ChatTemplate }.ToJsonString());
        await ExportAsync(Chats);
        Assert.Equal(File.ReadAllBytes(_folder["model/chat_template.json"]), File.ReadAllBytes(_folder["out/chat_template.json"]));
        Assert.False(File.Exists(_folder["out/chat_template.jinja"]));

        await ExportAsync(Chats, "zephyr");
        Assert.False(File.Exists(_folder["out/chat_template.json"]));
        Assert.Equal(ChatTemplate, File.ReadAllText(_folder["out/chat_template.jinja"]));
        Assert.True(File.Exists(_folder["out/additional_chat_templates/zephyr.jinja"]));
    }

    [Fact]
    public async Task ExportAsync_files_of_a_folder_whose_generations_end_with_the_turn_are_as_they_were()
    {
        string[] files = ["config.json", "generation_config.json", "chat_template.jinja", "tokenizer_config.json", "tokenizer.model"];
        Write("chat_template.jinja", ChatTemplate);
        Write("generation_config.json", """{"eos_token_id": [512]}""");
        foreach (var template in (string?[])[null, "chatml"])
        {
            await ExportAsync(Chats, template);
            Assert.All(files, f => Assert.Equal(File.ReadAllBytes(_folder[$"model/{f}"]), File.ReadAllBytes(_folder[$"out/{f}"])));
        }
    }

    // Adds a row of zeros for the token that is added.
    private void AddRow()
    {
        using var reader = SafetensorsReader.OpenFile(Path.Combine(TinyStories.Model, "model.safetensors"));
        var embedding = reader.Tensors.Values.Single(t => t.Shape is [TurnEnd, _]);
        byte[] longer = [.. reader.ReadBytes(embedding), .. new byte[embedding.Shape[1] * sizeof(float)]];
        var pin = GCHandle.Alloc(longer, GCHandleType.Pinned);
        TensorSource[] tensors =
        [
            new TensorSource(embedding.Name, embedding.DType, [TurnEnd + 1, embedding.Shape[1]], pin.AddrOfPinnedObject()),
            .. reader.Tensors.Values.Where(t => t != embedding).Select(t => new TensorSource(t.Name, t.DType, t.Shape, reader.Pointer(t))),
        ];
        using (var file = File.Create(_folder["model/model.safetensors"]))
        using (var content = SafetensorsWriter.Create(tensors).OpenRead()) content.CopyTo(file);
        pin.Free();
    }

    private async Task ExportAsync(string data, string? template = null)
    {
        Write("../data.jsonl", data);
        var store = new FolderBlobStore(_folder["store"]);
        var request = new RunRequest
        {
            ModelFolder = _folder["model"],
            DataFile = _folder["data.jsonl"],
            Spec = TinyStories.Spec(1),
            Dataset = template is null ? new DatasetSettings() : new DatasetSettings { Template = template },
            Overwrite = true,
        };
        await RunImporter.ImportAsync(store, request, null, Token);
        await RunExporter.ExportAsync(store, request.Spec.RunName, _folder["out"], Token);
    }

    private void Write(string name, string content)
    {
        var path = Path.Combine(_folder["model"], name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    private void Change(string name, Action<JsonObject> change)
    {
        var root = JsonNode.Parse(File.ReadAllText(_folder[$"model/{name}"]))!.AsObject();
        change(root);
        File.WriteAllText(_folder[$"model/{name}"], root.ToJsonString());
    }

    private JsonNode Read(string name) => JsonNode.Parse(File.ReadAllText(_folder[$"out/{name}"]))!;

    private IEnumerable<int> EndIds(string name) => Read(name)["eos_token_id"] switch
    {
        JsonArray list => list.Select(id => id!.GetValue<int>()),
        JsonValue one => [one.GetValue<int>()],
        _ => [],
    };
}
