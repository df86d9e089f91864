using System.Text;

namespace LisaOrleans.Data;

/// <summary>
/// Finds the best cut of a text, from left to right: for each place the best token that ends there. Source: Kudo 2018
/// (arXiv 1804.10959), section 3.1.
/// </summary>
internal sealed class UnigramLattice
{
    /// <summary>The id of text without a token, where the model itself has no such id.</summary>
    public const int Unknown = -1;

    private const double UnknownPenalty = 10;

    private readonly TextTrie _trie;
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int _unknown;
    private readonly bool _single;

    /// <param name="tokens">Text, id and score of each token; texts differ and are not empty.</param>
    /// <param name="lowestScore">What the score of unknown characters is counted from.</param>
    /// <param name="unknown">Their id.</param>
    /// <param name="single">
    /// Whether sums are kept in single precision, as SentencePiece does; which cut wins may depend on it.
    /// </param>
    public UnigramLattice(IEnumerable<(string Text, int Id, double Score)> tokens, double lowestScore, int unknown, bool single)
    {
        (string Text, int Id, double Score)[] all = [.. tokens];
        (_unknown, _single) = (unknown, single);
        _unknownScore = single ? (float)lowestScore - (float)UnknownPenalty : lowestScore - UnknownPenalty;
        _scores = new double[all.Length == 0 ? 0 : all.Max(t => t.Id) + 1];
        foreach (var (_, id, score) in all) _scores[id] = score;
        _trie = new TextTrie([.. all.Select(t => (t.Text, t.Id))]);
    }

    /// <summary>The tokens of the best cut; each unknown character is a token of its own.</summary>
    /// <param name="text">The text.</param>
    /// <param name="paths">Room to work in.</param>
    public ReadOnlySpan<Token> Best(ReadOnlySpan<char> text, UnigramPaths paths)
    {
        paths.Reset(text.Length);
        for (var start = 0; start < text.Length;)
        {
            var score = paths.Score(start);
            Rune.DecodeFromUtf16(text[start..], out _, out var character);
            var (node, alone) = (TextTrie.Root, false);
            for (var i = start; i < text.Length && _trie.Next(ref node, text[i], out var id); i++)
            {
                if (id == TextTrie.None) continue;
                Offer(start, i + 1, id, _scores[id] + score);
                alone |= i + 1 - start == character;
            }

            var unknown = _unknownScore + score;
            if (!alone) Offer(start, start + character, _unknown, _single ? (float)unknown : unknown);
            start += character;
        }

        return paths.Backtrack(text.Length);

        void Offer(int from, int to, int id, double score)
        {
            if (paths.IsBetter(to, score)) paths.Take(from, to, id, _single ? (float)score : score);
        }
    }
}
