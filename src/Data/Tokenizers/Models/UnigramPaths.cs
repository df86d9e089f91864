namespace LisaOrleans.Data;

/// <summary>The best way to each place of a text, and room to walk back.</summary>
internal sealed class UnigramPaths
{
    private const int Nowhere = -1;

    private double[] _scores = [];
    private int[] _starts = [];
    private int[] _ids = [];
    private Token[] _tokens = [];

    public void Reset(int length)
    {
        if (_scores.Length <= length)
        {
            _scores = new double[(length * 2) + 1];
            _starts = new int[_scores.Length];
            _ids = new int[_scores.Length];
            _tokens = new Token[_scores.Length];
        }

        _scores[0] = 0;
        _starts.AsSpan(0, length + 1).Fill(Nowhere);
    }

    public double Score(int at) => _scores[at];

    public bool IsBetter(int at, double score) => _starts[at] == Nowhere || score > _scores[at];

    public void Take(int from, int to, int id, double score) => (_scores[to], _starts[to], _ids[to]) = (score, from, id);

    public ReadOnlySpan<Token> Backtrack(int length)
    {
        var first = _tokens.Length;
        for (var end = length; end > 0; end = _starts[end]) _tokens[--first] = new Token(_ids[end], _starts[end], end);
        return _tokens.AsSpan(first);
    }
}
