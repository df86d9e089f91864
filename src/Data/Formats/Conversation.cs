using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>Reads lists of turns, and what a record holds besides them: a system message, tools, variables for the template.</summary>
internal static class Conversation
{
    public const string ReadsBeside = "system, tools, functions, documents, enable_thinking, chat_template_kwargs";

    /// <summary>A record whose conversation is one list.</summary>
    public static Example Parse(RecordReader record, string list)
    {
        var example = Beside(record, Turns(record, list), isList: true);
        return example.Messages.Any(m => m.Role == TurnTemplate.Assistant)
            ? example
            : throw record.Wrong(list, "has no turn of the assistant, so there is nothing to learn");
    }

    public static List<ChatMessage> Turns(RecordReader record, string list) => [.. record.List(list).Select(Turn.Read)];

    /// <summary>An example made of turns and what the record says about all of them.</summary>
    /// <param name="record">The record.</param>
    /// <param name="messages">The turns.</param>
    /// <param name="isList">Whether the record has them as a list; else they are a question and its answer, with what came before.</param>
    public static Example Beside(RecordReader record, List<ChatMessage> messages, bool isList = false)
    {
        if (System(record) is { } system)
        {
            if (messages.FirstOrDefault(m => m.Role is TurnRole.System or TurnRole.Developer) is { } other && other.Content != system)
                throw record.Wrong("system", "differs from the system message of the conversation; a conversation has one");
            if (messages[0].Role != TurnRole.System) messages.Insert(0, new ChatMessage(TurnRole.System, system));
        }

        var (tools, variables) = (ToolCalls.Tools(record), Variables(record));
        return new Example
        {
            Messages = messages,
            Tools = tools,
            TemplateVariables = variables,
            IsChat = isList || messages.Count > 2 || tools is not null || variables.Count > 0,
        };
    }

    private static string? System(RecordReader record)
    {
        var texts = new[] { "system", "system_prompt" }.Select(record.OptionalText).Where(t => !string.IsNullOrEmpty(t)).Distinct().ToArray();
        return texts.Length <= 1 ? texts.FirstOrDefault() : throw record.Wrong("system_prompt", "differs from system; a record has one of them");
    }

    private static Dictionary<string, JsonElement> Variables(RecordReader record)
    {
        var variables = new Dictionary<string, JsonElement>();
        if (record.OptionalFlag("enable_thinking") is { } thinks) variables["enable_thinking"] = JsonSerializer.SerializeToElement(thinks);
        if (record.OptionalObjects("documents") is { } documents) variables["documents"] = documents;
        if (record.Optional("chat_template_kwargs") is not { } given) return variables;
        if (given.ValueKind == JsonValueKind.String) given = record.Parse("chat_template_kwargs", record.AsText("chat_template_kwargs", given));
        if (given.ValueKind != JsonValueKind.Object)
            throw record.Wrong("chat_template_kwargs", $"is {RecordReader.Kind(given)}; it must be an object of the template's variables");
        foreach (var variable in record.ForTemplate("chat_template_kwargs", given).EnumerateObject())
        {
            var (name, value) = (variable.Name, variable.Value.Clone());
            if (name is "messages" or "tools")
                throw record.Wrong($"chat_template_kwargs.{name}", $"is not used; put it in the record's own field '{name}'");
            if (name == "add_generation_prompt")
                throw record.Wrong($"chat_template_kwargs.{name}", "is not used: what is learned ends with an answer; leave it out");
            if (!variables.TryAdd(name, value) && !JsonElement.DeepEquals(variables[name], value))
                throw record.Wrong($"chat_template_kwargs.{name}", $"differs from the record's own field '{name}'; one of them is enough");
        }

        return variables;
    }
}
