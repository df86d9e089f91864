namespace LisaOrleans.Grains;

/// <summary>What is done about failures of one kind.</summary>
/// <param name="Is">Whether a failure is of this kind.</param>
/// <param name="Action">What is done.</param>
internal sealed record FailureRule(Func<Exception, bool> Is, FailureAction Action)
{
    /// <summary>A rule for exceptions of one type.</summary>
    public static FailureRule For<T>(FailureAction action)
        where T : Exception => new(static e => e is T, action);
}
