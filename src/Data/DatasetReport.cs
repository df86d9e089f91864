using System.Globalization;

namespace LisaOrleans.Data;

/// <summary>What people should know about a data set before it is trained on.</summary>
public static class DatasetReport
{
    /// <summary>What a line that warns begins with.</summary>
    public const string Warning = "warning: ";

    // From this share of samples on, cutting concerns more than a few.
    private const double MuchCut = 0.1;

    /// <summary>One line for each thing that was cut, split or left out; none where nothing was.</summary>
    /// <param name="statistics">What became of the data.</param>
    /// <param name="blockSize">The longest sample in tokens.</param>
    public static IEnumerable<string> Lines(DatasetStatistics statistics, int blockSize)
    {
        var s = statistics;
        if (s.Split > 0) yield return $"{s.Split} texts longer than block_size {blockSize} were split into blocks";
        if (s.Truncated > 0) yield return $"{s.Truncated} samples were cut to block_size {blockSize}{CutTokens(s)}";
        if (s.Skipped > 0) yield return $"{s.Skipped} samples were left out: nothing to learn within block_size {blockSize}";
        if (s.UnclearPrompts is { } unclear)
        {
            yield return $"{Quantity.Of(unclear.Pairs, "pair")} left out: without a prompt, one answer is how the other begins, so where "
                + $"the prompt ends cannot be told; the first is {unclear.First}";
        }

        if (s.Weights is { } weights)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{weights.Tokens} learned tokens, {Percent(weights.Tokens, s.TrainedTokens)} of all, have weights other than 1: "
                    + $"from {weights.Least} to {weights.Greatest}");
        }

        foreach (var (source, chats, joined) in s.Mixed)
        {
            yield return $"{Warning}source {source} is written in two forms: {chats} of its {chats + joined} records are chats, which the model's "
                + "chat template writes, and the others are prompts with their answers, joined as they are; a template that is named by "
                + "--template writes all of them";
        }

        if (s.OpenTurns > 0)
        {
            yield return $"{Warning}in {s.OpenTurns} of the learned turns, the model's chat template writes no end-of-turn token: the model does not "
                + "learn to stop there; mend the template, or choose one by --template";
        }

        if (s.LostReasoning > 0)
        {
            yield return $"{Warning}in {s.LostReasoning} of the learned turns, the model's chat template leaves out the reasoning: the model "
                + "learns to answer there without it; learn only the last answers by --train-on last, or give the model's folder a template "
                + "that writes it";
        }

        if (s.Unended > 0)
        {
            yield return $"{Warning}nothing ends {Quantity.Of(s.Unended, "text")}: the tokenizer has no end token, and the model does not learn to "
                + "stop there; name one as eos_token in tokenizer_config.json";
        }

        if (s.LeftOutFields.Count > 0) yield return $"fields left out: {string.Join(", ", s.LeftOutFields)}";
        if (s.Truncated >= MuchCut * s.Records && s.Truncated > 0)
        {
            var longest = s.Lengths is { } lengths ? $"; the longest has {lengths.Longest} tokens" : "";
            yield return $"{Warning}{Percent(s.Truncated, s.Records)} of the samples are longer than block_size {blockSize} and lose "
                + $"their ends{longest}";
        }
    }

    private static string CutTokens(DatasetStatistics s) =>
        s.CutTokens > 0 ? $": {s.CutTokens} tokens, {Percent(s.CutTokens, s.Tokens + s.CutTokens)} of all, are not trained on" : "";

    private static string Percent(long part, long whole) => (100.0 * part / whole).ToString("0.#", CultureInfo.InvariantCulture) + " %";
}
