using System.Text;
using System.Text.Json;

namespace LisaOrleans.Data.Tests;

/// <summary>
/// Texts that Hugging Face's apply_chat_template gives for the models' own templates, without the first begin token, which
/// the tokenizer adds. Alpaca's is that of the Alpaca-LoRA project; Stanford's own has no line break after "Response:".
/// </summary>
public sealed class ChatTemplateTests
{
    [Fact]
    public void ChatMlTemplate_conversation_puts_each_message_between_turn_marks()
    {
        const string Text =
            "<|im_start|>system\nYou are a helpful assistant<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n"
            + "<|im_start|>assistant\nHi there<|im_end|>\n<|im_start|>user\nWho are you<|im_end|>\n"
            + "<|im_start|>assistant\nI am an assistant<|im_end|>\n";
        Assert.Equal(Text, Chat.Text("chatml", Chat.Messages));
        Assert.Equal(Text + "<|im_start|>assistant\n", Chat.Text("chatml", Chat.Messages, addGenerationPrompt: true));
    }

    [Fact]
    public void Qwen2Template_conversation_always_has_a_system_message()
    {
        Assert.Equal(Chat.Text("chatml", Chat.Messages), Chat.Text("qwen2", Chat.Messages));
        Assert.Equal(
            "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n",
            Chat.Text("qwen2", Chat.WithoutSystem[..1], addGenerationPrompt: true));
    }

    [Fact]
    public void Llama3Template_conversation_puts_roles_into_headers_and_ends_turns_with_eot()
    {
        const string Text =
            "<|start_header_id|>system<|end_header_id|>\n\nYou are a helpful assistant<|eot_id|>"
            + "<|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nHi there<|eot_id|>"
            + "<|start_header_id|>user<|end_header_id|>\n\nWho are you<|eot_id|>"
            + "<|start_header_id|>assistant<|end_header_id|>\n\nI am an assistant<|eot_id|>";
        Assert.Equal(Text, Chat.Text("llama3", Chat.Messages));
        Assert.Equal(
            Text + "<|start_header_id|>assistant<|end_header_id|>\n\n", Chat.Text("llama3", Chat.Messages, addGenerationPrompt: true));
    }

    [Fact]
    public void ZephyrTemplate_conversation_ends_each_turn_with_the_end_of_text()
    {
        const string Text =
            "<|system|>\nYou are a helpful assistant</s>\n<|user|>\nHello</s>\n<|assistant|>\nHi there</s>\n"
            + "<|user|>\nWho are you</s>\n<|assistant|>\nI am an assistant</s>\n";
        Assert.Equal(Text, Chat.Text("zephyr", Chat.Messages));
        Assert.Equal(Text + "<|assistant|>\n", Chat.Text("zephyr", Chat.Messages, addGenerationPrompt: true));
    }

    [Fact]
    public void AlpacaTemplate_conversation_puts_the_question_under_instruction_and_a_system_message_before_it()
    {
        const string Prompt =
            "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
            + "### Instruction:\nHello\n\n### Response:\n";
        Assert.Equal(Prompt, Chat.Text("alpaca", Chat.WithoutSystem[..1], addGenerationPrompt: true));
        Assert.Equal(Prompt + "Hi there", Chat.Text("alpaca", Chat.WithoutSystem[..2]));
        Assert.StartsWith(
            "You are a helpful assistant\n\n### Instruction:\nHello\n\n", Chat.Text("alpaca", Chat.Messages), StringComparison.Ordinal);
        Assert.True(ChatTemplates.Get("alpaca").EndsWithEos);
    }

    [Theory]
    [InlineData("alpaca", "user assistant system user assistant", 2)]
    [InlineData("alpaca", "system user assistant system user assistant", 3)]
    [InlineData("alpaca", "system user assistant", null)]
    [InlineData("llama2", "user assistant system user assistant", 2)]
    [InlineData("llama2", "system assistant user assistant", 0)]
    [InlineData("llama2", "system user assistant", null)]
    [InlineData("chatml", "user assistant system user assistant", null)]
    public void Render_system_turn_that_would_be_lost_or_moved_is_refused_by_its_number(string template, string roles, int? turn)
    {
        ChatMessage[] messages = [.. roles.Split(' ').Select((role, i) => new ChatMessage(role, $"{role}{i}"))];
        var json = JsonSerializer.SerializeToUtf8Bytes(new { messages = messages.Select(m => new { role = m.Role, content = m.Content }) });
        var settings = new DatasetSettings { Template = template };
        var encoder = new SampleEncoder(SampleTokenizer.Load(), settings);
        if (turn is null)
        {
            Assert.Single(Dataset.Read(Encoding.UTF8.GetString(json), settings));
            Assert.All(messages, m => Assert.Contains(m.Content, Chat.Text(template, messages), StringComparison.Ordinal));
            Assert.NotEmpty(encoder.EncodePrompt(messages));
            return;
        }

        var problem = $"turn {turn} is of role 'system', which template {template} writes only as the first turn, before the user's; "
            + "chatml, llama3, qwen2, zephyr write it where it stands";
        Assert.Equal($": line 1: {problem}", Dataset.Error(json, settings));
        Assert.Equal(problem, Assert.Throws<DatasetException>(() => encoder.EncodePrompt(messages)).Message);

        using var folder = new TempFolder();
        File.WriteAllText(folder["chat_template.jinja"], ChatTemplates.Get(template).Jinja);
        var own = FolderChatTemplate.Load(folder.Root, JinjaOracle.Now)!;
        var refused = Assert.Throws<DatasetException>(() => own.Render(new Example(), messages, addGenerationPrompt: false));
        Assert.Contains("A system message must be the first", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PlainTemplate_conversation_adds_nothing_to_what_is_said()
    {
        Assert.Equal("HelloHi there", Chat.Text("plain", Chat.WithoutSystem[..2]));
        Assert.Equal("Hello", Chat.Text("plain", Chat.WithoutSystem[..1], addGenerationPrompt: true));
        Assert.True(ChatTemplates.Get("plain").EndsWithEos);
    }

    [Theory]
    [InlineData("chatml", "⟦Hi there⟧⟦<|im_end|>\n⟧", "⟦I am an assistant⟧⟦<|im_end|>\n⟧")]
    [InlineData("qwen2", "⟦Hi there⟧⟦<|im_end|>\n⟧", "⟦I am an assistant⟧⟦<|im_end|>\n⟧")]
    [InlineData("llama2", "⟦ Hi there ⟧⟦</s>⟧", "⟦ I am an assistant ⟧⟦</s>⟧")]
    [InlineData("llama3", "⟦Hi there⟧⟦<|eot_id|>⟧", "⟦I am an assistant⟧⟦<|eot_id|>⟧")]
    [InlineData("zephyr", "⟦Hi there⟧⟦</s>\n⟧", "⟦I am an assistant⟧⟦</s>\n⟧")]
    [InlineData("alpaca", "⟦Hi there⟧", "⟦I am an assistant⟧")]
    [InlineData("plain", "⟦Hi there⟧", "⟦I am an assistant⟧")]
    public void Render_any_template_trains_answers_with_their_end_of_turn_and_nothing_else(string template, string first, string second)
    {
        var text = Chat.Trained(template);
        Assert.Contains(first, text, StringComparison.Ordinal);
        Assert.EndsWith(second, text, StringComparison.Ordinal);
        Assert.DoesNotContain('⟦', text.Replace(first, "", StringComparison.Ordinal).Replace(second, "", StringComparison.Ordinal));
    }

    [Fact]
    public void Render_what_people_wrote_is_never_template_text()
    {
        foreach (var name in ChatTemplates.Names.Where(n => n != ChatTemplates.Auto))
        {
            var segments = ChatTemplates.Get(name).Render(Chat.Messages, addGenerationPrompt: true);
            Assert.All(Chat.Messages, m => Assert.DoesNotContain(
                segments, s => s.IsTemplate && s.Text.Contains(m.Content, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Get_unknown_name_is_refused_with_the_known_ones()
    {
        Assert.Equal(["auto", "plain", "chatml", "llama2", "llama3", "qwen2", "zephyr", "alpaca"], ChatTemplates.Names);
        var e = Assert.Throws<DatasetException>(() => ChatTemplates.Get("vicuna"));
        Assert.Equal($"template 'vicuna' is unknown; one of {string.Join(", ", ChatTemplates.Names)}", e.Message);
    }
}
