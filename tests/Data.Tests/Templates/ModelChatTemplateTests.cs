using System.Text.Json;

namespace LisaOrleans.Data.Tests;

public sealed class ModelChatTemplateTests
{
    [Theory]
    [InlineData("{% for m in messages %}{{'<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>'}}{% endfor %}", "chatml")]
    [InlineData("{% if not system %}<|im_start|>system\nYou are a helpful assistant<|im_end|>\n{% endif %}<|im_start|>user", "qwen2")]
    [InlineData("<|start_header_id|>{{ role }}<|end_header_id|>\n\n{{ content }}<|eot_id|>", "llama3")]
    [InlineData("{{ bos_token + '[INST] ' + '<<SYS>>\n' + content + '\n<</SYS>>\n\n' + ' [/INST]' }}", "llama2")]
    [InlineData("{{ '<|user|>\n' + content + eos_token }}{{ '<|assistant|>\n' }}", "zephyr")]
    [InlineData("### Instruction:\n{{ content }}\n\n### Response:\n", "alpaca")]
    [InlineData("[INST] {{ content }} [/INST]", null)]
    [InlineData("{{ content }}", null)]
    public void A_template_is_recognised_by_what_it_writes(string jinja, string? name)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["tokenizer_config.json"], JsonSerializer.Serialize(new { chat_template = jinja }));
        Assert.Equal(name, ModelChatTemplate.Recognise(folder.Root));

        File.WriteAllText(
            folder["tokenizer_config.json"], JsonSerializer.Serialize(new { chat_template = new[] { new { name = "default", template = jinja } } }));
        Assert.Equal(name, ModelChatTemplate.Recognise(folder.Root));

        File.WriteAllText(folder["tokenizer_config.json"], "{}");
        File.WriteAllText(folder["chat_template.jinja"], jinja);
        Assert.Equal(name, ModelChatTemplate.Recognise(folder.Root));
    }

    [Fact]
    public void Without_a_template_it_is_plain()
    {
        using var folder = new TempFolder();
        Assert.Equal("plain", ModelChatTemplate.Recognise(folder.Root));
        File.WriteAllText(folder["tokenizer_config.json"], """{"chat_template": null}""");
        Assert.Equal("plain", ModelChatTemplate.Recognise(folder.Root));
        File.WriteAllText(folder["tokenizer_config.json"], "{");
        Assert.Throws<TokenizerException>(() => ModelChatTemplate.Recognise(folder.Root));
    }
}
