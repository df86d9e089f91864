using CsCheck;

namespace LisaOrleans.Data.Tests;

public sealed class BpeSymbolsTests
{
    private const int Letters = 4;

    // Merges of any two tokens, some of which share a rank as SentencePiece's scores do.
    private static readonly Gen<(int Left, int Right, int Rank)[]> s_merges =
        Gen.Select(Gen.Int[0, 11], Gen.Int[0, 11], Gen.Int[0, 9]).Array[1, 12];

    [Fact]
    public void Merge_any_symbols_does_the_lowest_rank_and_then_the_leftmost_first() =>
        Gen.Select(s_merges, Gen.Int[0, Letters - 1].Array[0, 130]).Sample((merges, symbols) =>
        {
            var table = new PairTable(merges.Length);
            var rules = new Dictionary<(int, int), (int Rank, int Id)>();
            foreach (var ((left, right, rank), i) in merges.Select((m, i) => (m, i)))
            {
                rules[(left, right)] = (rank, Letters + i);
                table.Set(left, right, rank, Letters + i);
            }

            var scratch = new BpeSymbols();
            for (var i = 0; i < symbols.Length; i++) scratch.Add(symbols[i], i, i + 1);
            var tokens = new TokenBuffer();
            scratch.Merge(table, tokens, 0);
            Assert.Equal(Plainly([.. symbols], rules), tokens.Ids.ToArray());
            Assert.Equal(symbols.Length, tokens.Count == 0 ? 0 : tokens.Ends[^1]);
        }, iter: 20_000);

    private static List<int> Plainly(List<int> symbols, Dictionary<(int, int), (int Rank, int Id)> rules)
    {
        while (true)
        {
            var best = Enumerable.Range(0, Math.Max(0, symbols.Count - 1)).Where(i => rules.ContainsKey((symbols[i], symbols[i + 1])))
                .Select(i => (rules[(symbols[i], symbols[i + 1])].Rank, At: i)).DefaultIfEmpty((0, At: -1)).Min();
            if (best.At < 0) return symbols;
            symbols[best.At] = rules[(symbols[best.At], symbols[best.At + 1])].Id;
            symbols.RemoveAt(best.At + 1);
        }
    }
}
