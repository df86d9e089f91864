namespace LisaOrleans.Data.Tests;

/// <summary>What a trained model's folder gets for a template chosen by name.</summary>
public sealed class NamedTemplateJinjaTests
{
    public static TheoryData<string> Names => [.. ChatTemplates.Names.Where(n => n is not ("auto" or "plain"))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Jinja_writes_what_the_segments_are(string name)
    {
        var template = ChatTemplates.Get(name);
        foreach (var messages in new[] { Chat.Messages, Chat.WithoutSystem, Chat.WithoutSystem[..1], Chat.Messages[..2] })
        {
            foreach (var prompt in new[] { false, true })
            {
                using var folder = new TempFolder();
                File.WriteAllText(folder["chat_template.jinja"], template.Jinja);
                File.WriteAllText(folder["tokenizer_config.json"], """{"bos_token": "<s>", "eos_token": "</s>"}""");
                var own = FolderChatTemplate.Load(folder.Root, JinjaOracle.Now)!;
                var end = template.EndsWithEos && !prompt ? "</s>" : "";
                var text = own.Render(new Example(), messages, prompt).Text;
                Assert.Equal(string.Concat(template.Render(messages, prompt).Select(s => s.Text)) + end, text);
            }
        }
    }
}
