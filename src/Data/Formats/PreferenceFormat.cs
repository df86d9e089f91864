using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>
/// Two answers, one of which is preferred: TRL's <c>{"prompt", "chosen", "rejected"}</c> (texts or lists of messages; the
/// prompt may stand in both lists instead), or OpenAI's <c>{"input", "preferred_output", "non_preferred_output"}</c>.
/// </summary>
internal sealed class PreferenceFormat : IDatasetFormat
{
    public const string FormatName = "preference";

    private const string PairFields = "prompt, chosen, rejected; or input, preferred_output, non_preferred_output";

    public string Name => FormatName;

    public string Fields => PairFields;

    // The conversation with the chosen answer, in data sets that serve both objectives.
    public IReadOnlyList<string> Redundant => ["messages"];

    public bool Matches(RecordReader record, DatasetSettings settings) => Answers(record) is not null;

    public Example Parse(RecordReader record, DatasetSettings settings)
    {
        var (chosen, _) = Answers(record) ?? ("chosen", "rejected");
        throw record.Wrong(
            chosen,
            "is one of a pair of answers, of which supervised training would learn only one; to learn from both: --objective dpo (or orpo); "
            + "to train on the preferred answers: --data-format chosen");
    }

    /// <summary>A pair to learn from: nothing is learned of what both conversations begin with, which is the prompt.</summary>
    public static PreferencePair ParsePair(RecordReader record) => WithoutPrompt(Read(record));

    // A pair as the record has it.
    private static PreferencePair Read(RecordReader record)
    {
        if (Answers(record) is not { } names)
        {
            var isOpenAi = record.Has("preferred_output") || record.Has("non_preferred_output");
            string[] answers = isOpenAi ? ["preferred_output", "non_preferred_output"] : ["chosen", "rejected"];
            throw record.Wrong(answers.First(f => !record.Has(f)), $"is missing; a pair of answers has {PairFields}");
        }

        if (names.Chosen != "chosen") return new PreferencePair(OpenAi(record, names.Chosen), OpenAi(record, names.Rejected));
        if (PromptTurns.IsList(record, names.Chosen) != PromptTurns.IsList(record, names.Rejected))
            throw record.Wrong(names.Rejected, $"must be of the same kind as {names.Chosen}: texts, or lists of messages");
        return record.Optional("prompt") is null && !PromptTurns.IsList(record, names.Chosen)
            ? TextsWithPrompt(record)
            : new PreferencePair(Trl(record, names.Chosen), Trl(record, names.Rejected));
    }

    private static (string Chosen, string Rejected)? Answers(RecordReader record)
    {
        if (record.Has("chosen") && record.Has("rejected")) return ("chosen", "rejected");
        return record.Has("preferred_output") && record.Has("non_preferred_output")
            ? ("preferred_output", "non_preferred_output")
            : null;
    }

    // As TRL's extract_prompt: both texts begin with the prompt, and a space before the answers is theirs.
    private static PreferencePair TextsWithPrompt(RecordReader record)
    {
        var (chosen, rejected) = (record.Text("chosen"), record.Text("rejected"));
        var shared = chosen.AsSpan().CommonPrefixLength(rejected);
        if (shared == chosen.Length || shared == rejected.Length)
        {
            var error = record.Wrong("prompt", "is missing, and one answer is how the other begins, so where the prompt ends cannot be told");
            throw new UnclearPromptException(error.Message);
        }

        if (shared > 0 && (chosen[shared - 1] == ' ' || char.IsHighSurrogate(chosen[shared - 1]))) shared--;
        return shared > 0
            ? new PreferencePair(Example.Of(chosen[..shared], chosen[shared..]), Example.Of(rejected[..shared], rejected[shared..]))
            : throw record.Wrong("prompt", "is missing, and chosen and rejected do not begin with one");
    }

    private static PreferencePair WithoutPrompt(PreferencePair pair)
    {
        var (chosen, rejected) = (pair.Chosen, pair.Rejected);
        var most = Math.Min(chosen.Messages.Count, rejected.Messages.Count) - 1;
        var shared = chosen.Messages.Zip(rejected.Messages).Take(most).TakeWhile(p => Same(p.First, p.Second)).Count();
        return new PreferencePair(Without(chosen), Without(rejected));

        Example Without(Example example) => example with
        {
            Messages = [.. example.Messages.Select((m, i) => i < shared && m.Role == TurnTemplate.Assistant ? m with { Train = false } : m)],
        };
    }

    private static Example Trl(RecordReader record, string field)
    {
        if (record.Optional("prompt") is null) return Conversation.Beside(record, [.. PromptTurns.Answer(record, field)], isList: true);
        return PromptTurns.IsList(record, field)
            ? Conversation.Beside(record, AfterPrompt(record, field), isList: true)
            : PromptTurns.Parse(record, "prompt", field);
    }

    // UltraFeedback has the prompt as a text and again as the first message of each answer; others have it as a list, of which the
    // answers repeat all, the end or nothing.
    private static List<ChatMessage> AfterPrompt(RecordReader record, string field)
    {
        List<ChatMessage> prompt = [.. PromptTurns.Read(record, "prompt")];
        List<ChatMessage> answer = [.. PromptTurns.Answer(record, field)];
        if (Repeats(missing: 0, at: 0)) return answer;

        // It may say the prompt's words again later.
        if (answer[0].Role == TurnTemplate.Assistant) return [.. prompt, .. answer];
        if (Enumerable.Range(1, answer.Count).Any(at => Repeats(missing: 0, at))) return answer;
        for (var missing = 1; missing < prompt.Count; missing++)
            if (Repeats(missing, at: 0)) return [.. prompt.Take(missing), .. answer];

        // What nobody has answered yet cannot be followed by another question.
        return (answer[0].Role == TurnRole.User && prompt[^1].Role == TurnTemplate.Assistant) || answer[0].Role == TurnRole.Tool
            ? [.. prompt, .. answer]
            : throw record.Wrong(field, "is a conversation that does not begin with the prompt, and does not go on from it");

        // Whether the answer has all of the prompt but the first turns.
        bool Repeats(int missing, int at) => at + prompt.Count - missing < answer.Count
            && prompt.Skip(missing).Zip(answer.Skip(at)).All(p => Same(p.First, p.Second));
    }

    private static bool Same(ChatMessage a, ChatMessage b) =>
        (a.Role, a.Content, a.Fields?.GetRawText()) == (b.Role, b.Content, b.Fields?.GetRawText());

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
