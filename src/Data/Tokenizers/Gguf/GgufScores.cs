namespace LisaOrleans.Data;

/// <summary>
/// Scores of tokens for a list of merges. GGUF's tokenizer of SentencePiece's kind merges any two neighbours that make a token,
/// the one with the highest score first: only a list that was made from scores does the same.
/// </summary>
internal static class GgufScores
{
    /// <summary>From a token to its score: the sooner it is made, the higher.</summary>
    /// <param name="merges">The pairs, the first to merge first.</param>
    /// <param name="vocabulary">Ids by token.</param>
    /// <param name="added">Tokens that are found before anything is merged.</param>
    /// <param name="field">The field of the merges, for messages.</param>
    /// <exception cref="TokenizerException">No scores do what the list does.</exception>
    public static Dictionary<string, float> Of(
        IReadOnlyList<(string Left, string Right)> merges, IReadOnlyDictionary<string, int> vocabulary, IEnumerable<AddedToken> added,
        JsonField field)
    {
        var scores = new Dictionary<string, float>();
        var last = "";
        foreach (var (left, right) in merges)
        {
            var token = left + right;
            if (scores.ContainsKey(token) && token != last)
            {
                throw field.Wrong(
                    $"makes '{token.ReplaceLineEndings("\\n")}' at two places that are not neighbours, so that no score says when; "
                    + "GGUF cannot say it");
            }

            scores.TryAdd(token, -scores.Count - 1);
            last = token;
        }

        // GGUF also makes tokens that no merge does.
        var listed = merges.ToHashSet();
        foreach (var token in vocabulary.Keys.Except(added.Select(a => a.Content)).Where(t => ByteFallback.Byte(t) is null))
        {
            for (var cut = 1; cut < token.Length; cut++)
            {
                var (left, right) = (token[..cut], token[cut..]);
                if (vocabulary.ContainsKey(left) && vocabulary.ContainsKey(right) && !listed.Contains((left, right)))
                    throw field.Wrong($"does not merge '{left}' and '{right}' to '{token}', which GGUF would do");
            }
        }

        return scores;
    }
}
