using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>
/// Alpaca's <c>{"instruction", "input", "output"}</c>; one of the first two may be empty, and the input missing. LLaMA-Factory's
/// <c>history</c>, a list of [question, answer], and <c>system</c> go before it.
/// </summary>
internal sealed class AlpacaFormat : IDatasetFormat
{
    public string Name => "alpaca";

    public string Fields => "instruction, input, output, history, system";

    // The rendered prompt, or the whole of it, which many copies of the data set repeat.
    public IReadOnlyList<string> Redundant => ["text", "prompt"];

    public bool Matches(RecordReader record, DatasetSettings settings) =>
        record.Has("instruction") && record.Has("output");

    public Example Parse(RecordReader record, DatasetSettings settings)
    {
        var instruction = record.Text("instruction");
        var input = record.OptionalText("input") ?? "";
        var question = string.Join("\n\n", new[] { instruction, input }.Where(t => t.Length > 0));
        return Conversation.Beside(
            record,
            [.. History(record), new ChatMessage(TurnRole.User, question), new ChatMessage(TurnTemplate.Assistant, record.Text("output"))]);
    }

    private static IEnumerable<ChatMessage> History(RecordReader record)
    {
        if (record.OptionalList("history") is not { } history) yield break;
        var number = 0;
        foreach (var turn in history.EnumerateArray())
        {
            var place = $"history[{number++}]";
            if (turn.ValueKind != JsonValueKind.Array || turn.GetArrayLength() != 2)
                throw record.Wrong(place, "must be a list of a question and its answer");
            yield return new ChatMessage(TurnRole.User, record.AsText(place, turn[0]));
            yield return new ChatMessage(TurnTemplate.Assistant, record.AsText(place, turn[1]));
        }
    }
}
