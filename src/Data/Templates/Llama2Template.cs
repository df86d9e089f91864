namespace LisaOrleans.Data;

/// <summary>Llama 2 Chat: <c>&lt;s&gt;[INST] … [/INST] … &lt;/s&gt;</c>, the system message inside the first instruction.</summary>
internal sealed class Llama2Template : IChatTemplate
{
    public string Name => "llama2";

    public bool EndsWithEos => false;

    public bool? BeginsWithBos => true;

    public string Jinja =>
        """{% set ns = namespace(system='', first=true) %}{% for message in messages %}"""
        + """{% if message['role'] == 'system' %}"""
        + """{% if not loop.first or messages | length < 2 or messages[1]['role'] != 'user' %}"""
        + """{{ raise_exception('A system message must be the first, before one of the user') }}{% endif %}"""
        + """{% set ns.system = '<<SYS>>\n' + message['content'] + '\n<</SYS>>\n\n' %}"""
        + """{% elif message['role'] == 'assistant' %}{{ ' ' + message['content'] + ' </s>' }}{% else %}"""
        + """{{ ('' if ns.first else '<s>') + '[INST] ' + ns.system + message['content'] + ' [/INST]' }}"""
        + """{% set ns.system = '' %}{% set ns.first = false %}{% endif %}{% endfor %}""";

    public int? MisplacedSystem(IReadOnlyList<ChatMessage> messages) =>
        ChatTemplates.SystemTurn(messages, from: messages is [{ Role: TurnRole.System }, { Role: TurnRole.User }, ..] ? 1 : 0);

    public IReadOnlyList<RenderedSegment> Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt)
    {
        var segments = new List<RenderedSegment>();
        ChatMessage? system = null;
        var first = true;
        foreach (var message in messages)
        {
            switch (message.Role)
            {
                case "system":
                    system = message;
                    break;

                case TurnTemplate.Assistant:
                    // The space before </s> is a token of its own, which Llama 2 was trained with.
                    segments.Add(new RenderedSegment($" {message.Content} ", message.LearnedWeight, IsTemplate: false));
                    segments.Add(new RenderedSegment("</s>", message.LearnedWeight, IsTemplate: true));
                    break;

                default:
                    // The first <s> is the tokenizer's own.
                    segments.Add(RenderedSegment.Header(first ? "[INST]" : "<s>[INST]"));
                    var before = system is null ? " " : $" <<SYS>>\n{system.Content}\n<</SYS>>\n\n";
                    var ofSystem = system?.LearnedWeight ?? message.LearnedWeight;
                    if (ofSystem != message.LearnedWeight)
                    {
                        segments.Add(new RenderedSegment(before, ofSystem, IsTemplate: false));
                        before = "";
                    }

                    segments.Add(new RenderedSegment($"{before}{message.Content} [/INST]", message.LearnedWeight, IsTemplate: false));
                    (system, first) = (null, false);
                    break;
            }
        }

        return segments;
    }
}
