using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>
/// Tokens, as Hugging Face's data sets hold them after tokenisation: <c>input_ids</c>, with <c>labels</c> (-100 where nothing is
/// learned) or TRL's masks of what is learned, <c>weights</c> (how much each token counts in the loss, named as in Tinker), and
/// <c>attention_mask</c>, whose zeros are pads. Without labels all is learned.
/// </summary>
internal sealed class TokenIdsFormat : IDatasetFormat
{
    private static readonly string[] s_masks = ["completion_mask", "assistant_masks", "loss_mask"];

    public string Name => "tokens";

    public string Fields => $"input_ids, labels, weights, attention_mask, {string.Join(", ", s_masks)}";

    public IReadOnlyList<string> Redundant => ["text", "special_tokens_mask"];

    public bool Matches(RecordReader record, DatasetSettings settings) => record.Has("input_ids");

    public Example Parse(RecordReader record, DatasetSettings settings)
    {
        var ids = Numbers(record, "input_ids") ?? throw record.Wrong("input_ids", "is missing or empty");
        var trained = Enumerable.Repeat(true, ids.Length).ToArray();
        if (Beside(record, "labels", ids.Length) is { } labels)
        {
            for (var i = 0; i < ids.Length; i++)
            {
                trained[i] = labels[i] != MicroBatch.IgnoreIndex;
                if (trained[i] && labels[i] != ids[i])
                    throw record.Wrong(
                        $"labels[{i}]", $"is {labels[i]}; it must be the id at its place, {ids[i]}, or -100 (the shift to the left is made later)");
            }
        }

        foreach (var field in s_masks)
        {
            if (Beside(record, field, ids.Length) is not { } mask) continue;
            for (var i = 0; i < ids.Length; i++) trained[i] &= mask[i] != 0;
        }

        var keep = Beside(record, "attention_mask", ids.Length) is { } attention ? Attended(record, attention) : ..;
        var sample = new EncodedSample(ids[keep], trained[keep]);
        if (Weights(record, ids.Length) is { } weights)
            sample = EncodedSample.Of(sample.InputIds, [.. weights[keep].Zip(sample.Trained, (weight, learned) => learned ? weight : 0)]);
        if (sample.InputIds.FirstOrDefault(i => i < 0) is < 0 and var id) throw record.Wrong("input_ids", $"holds {id}; ids begin with 0");
        return new Example { Tokens = sample };
    }

    // Pads stand at one end or at both, never between.
    private static Range Attended(RecordReader record, int[] attention)
    {
        var (first, last) = (Array.FindIndex(attention, a => a != 0), Array.FindLastIndex(attention, a => a != 0));
        if (first < 0) throw record.Wrong("attention_mask", "is all zeros");
        return Array.IndexOf(attention, 0, first, last - first + 1) < 0
            ? first..(last + 1)
            : throw record.Wrong("attention_mask", "has zeros between ones; zeros are pads, at the ends");
    }

    private static int[]? Beside(RecordReader record, string field, int count)
    {
        if (Numbers(record, field) is not { } numbers) return null;
        return numbers.Length == count ? numbers : throw record.Wrong(field, $"has {numbers.Length} entries, input_ids {count}");
    }

    private static float[]? Weights(RecordReader record, int count)
    {
        if (record.OptionalList("weights") is not { } list) return null;
        float[] weights = [.. list.EnumerateArray().Select((item, i) => record.AsWeight($"weights[{i}]", item))];
        return weights.Length == count ? weights : throw record.Wrong("weights", $"has {weights.Length} entries, input_ids {count}");
    }

    // A column of floats has 5 as 5.0.
    private static bool IsWhole(JsonElement item, out int number) => item.GetDouble() == (number = (int)item.GetDouble());

    private static int[]? Numbers(RecordReader record, string field)
    {
        if (record.OptionalList(field) is not { } list) return null;
        var numbers = new int[list.GetArrayLength()];
        var at = 0;
        foreach (var item in list.EnumerateArray())
        {
            numbers[at] = item.ValueKind == JsonValueKind.Number && (item.TryGetInt32(out var number) || IsWhole(item, out number))
                ? number
                : throw record.Wrong($"{field}[{at}]", $"is {RecordReader.Kind(item)}; it must be a whole number of 32 bits");
            at++;
        }

        return numbers;
    }
}
