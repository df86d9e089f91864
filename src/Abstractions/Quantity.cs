namespace LisaOrleans;

/// <summary>Numbers of things, in words for people.</summary>
public static class Quantity
{
    /// <summary><c>1 step</c>, <c>2 steps</c>.</summary>
    /// <param name="number">How many.</param>
    /// <param name="thing">One of them.</param>
    /// <param name="things">Several of them; null (default) for the usual ending.</param>
    public static string Of(long number, string thing, string? things = null) =>
        FormattableString.Invariant($"{number} {(number == 1 ? thing : things ?? thing + "s")}");
}
