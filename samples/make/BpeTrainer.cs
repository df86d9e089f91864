namespace LisaOrleans.Samples.Make;

/// <summary>Learns byte-pair merges the way SentencePiece does: within words, the most frequent pair first.</summary>
internal static class BpeTrainer
{
    // SentencePiece's sign for a space.
    public const char Space = '\u2581';

    /// <summary>Pieces in the order of their ids, after the special ones and the 256 bytes: merges, then characters.</summary>
    public static List<string> Train(IEnumerable<string> texts, int vocabularySize)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var word in texts.SelectMany(t => t.Split(' ')).Where(w => w.Length > 0))
            counts[Space + word] = counts.GetValueOrDefault(Space + word) + 1;

        var words = counts.Select(w => (Parts: w.Key.Select(c => c.ToString()).ToList(), Count: w.Value)).ToList();
        var characters = words.SelectMany(w => w.Parts).Distinct().Order(StringComparer.Ordinal).ToList();
        var merges = new List<string>();
        while (merges.Count + characters.Count + SentencePieceModel.ReservedPieces < vocabularySize)
        {
            var pairs = new SortedDictionary<string, (string Left, string Right, int Count)>(StringComparer.Ordinal);
            foreach (var (parts, count) in words)
            {
                for (var i = 0; i + 1 < parts.Count; i++)
                {
                    var key = parts[i] + "\0" + parts[i + 1];
                    var before = pairs.TryGetValue(key, out var found) ? found.Count : 0;
                    pairs[key] = (parts[i], parts[i + 1], before + count);
                }
            }

            var best = pairs.Values.MaxBy(p => p.Count);
            if (best.Count == 0) throw new InvalidOperationException($"the texts have too few words for {vocabularySize} pieces");
            foreach (var (parts, _) in words)
            {
                for (var i = 0; i + 1 < parts.Count; i++)
                {
                    if (parts[i] != best.Left || parts[i + 1] != best.Right) continue;
                    parts[i] += parts[i + 1];
                    parts.RemoveAt(i + 1);
                }
            }

            if (!merges.Contains(best.Left + best.Right)) merges.Add(best.Left + best.Right);
        }

        return [.. merges, .. characters];
    }
}
