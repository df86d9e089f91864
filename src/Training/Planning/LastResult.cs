namespace LisaOrleans.Training;

/// <summary>
/// A pure function that remembers what it was last asked: a plan for many silos asks for the same again and again. Threads may ask at
/// once; at worst one computes again.
/// </summary>
/// <param name="compute">The function; nobody changes its results.</param>
/// <param name="same">Whether two arguments give the same result for certain, cheaply.</param>
internal sealed class LastResult<TArgument, TResult>(Func<TArgument, TResult> compute, Func<TArgument, TArgument, bool> same)
{
    private Tuple<TArgument, TResult>? _last;

    /// <summary>The function's result.</summary>
    public TResult Of(TArgument argument)
    {
        if (_last is { } last && same(last.Item1, argument)) return last.Item2;
        var result = compute(argument);
        _last = Tuple.Create(argument, result);
        return result;
    }
}
