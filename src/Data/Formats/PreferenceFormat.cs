using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>
/// Two answers, one of which is preferred: TRL's <c>{"prompt", "chosen", "rejected"}</c> (texts or lists of messages; the
/// prompt may stand in both lists instead), or OpenAI's <c>{"input", "preferred_output", "non_preferred_output"}</c>.
/// </summary>
internal sealed class PreferenceFormat : IDatasetFormat
{
    public const string FormatName = "preference";

    public string Name => FormatName;

    public string Fields => "prompt, chosen, rejected; or input, preferred_output, non_preferred_output";

    // The conversation with the chosen answer, in data sets that serve both objectives.
    public IReadOnlyList<string> Redundant => ["messages"];

    public bool Matches(RecordReader record, DatasetSettings settings) => Answers(record) is not null;

    public Example Parse(RecordReader record, DatasetSettings settings)
    {
        var (chosen, _) = Answers(record) ?? ("chosen", "rejected");
        throw record.Wrong(
            chosen,
            "is one of a pair of answers, of which supervised training would learn only one; to train on the preferred answers: "
            + "--data-format chosen");
    }

    public static PreferencePair ParsePair(RecordReader record)
    {
        var (chosen, rejected) = Answers(record) ?? ("chosen", "rejected");
        return chosen == "chosen"
            ? new PreferencePair(Trl(record, chosen), Trl(record, rejected))
            : new PreferencePair(OpenAi(record, chosen), OpenAi(record, rejected));
    }

    private static (string Chosen, string Rejected)? Answers(RecordReader record)
    {
        if (record.Has("chosen") && record.Has("rejected")) return ("chosen", "rejected");
        return record.Has("preferred_output") && record.Has("non_preferred_output")
            ? ("preferred_output", "non_preferred_output")
            : null;
    }

    private static Example Trl(RecordReader record, string field)
    {
        var answer = PromptTurns.Answer(record, field).ToList();
        if (record.Optional("prompt") is null)
        {
            if (!PromptTurns.IsList(record, field)) throw record.Wrong("prompt", "is missing; texts to choose from need it");
            return Conversation.Beside(record, answer, isList: true);
        }

        // UltraFeedback has the prompt as a text and again as the first message of each answer.
        return PromptTurns.IsList(record, field) && answer[0].Role != TurnTemplate.Assistant
            ? Conversation.Beside(record, StartsWithPrompt(record, field, answer), isList: true)
            : Conversation.Beside(record, [.. PromptTurns.Read(record, "prompt"), .. answer], PromptTurns.IsList(record, field));
    }

    private static List<ChatMessage> StartsWithPrompt(RecordReader record, string field, List<ChatMessage> answer)
    {
        var prompt = PromptTurns.Read(record, "prompt").Last(m => m.Role != TurnTemplate.Assistant);
        return answer.Any(m => m.Role == prompt.Role && m.Content == prompt.Content)
            ? answer
            : throw record.Wrong(field, "is a conversation that does not hold the prompt");
    }

    private static Example OpenAi(RecordReader record, string field)
    {
        var input = record.Optional("input") is { ValueKind: JsonValueKind.Object } value
            ? record.Inner("input", value)
            : throw record.Wrong("input", "must be an object with messages");
        var example = Conversation.Beside(input, [.. PromptTurns.Read(input, "messages"), .. PromptTurns.Answer(record, field)], isList: true);
        input.Policy.Check(input, $"input has messages, {Conversation.ReadsBeside}", isTurn: true);
        return example;
    }
}
