using System.Globalization;

namespace LisaOrleans.Training.Tests;

/// <summary>Where losses rise, worked out by hand.</summary>
public sealed class LossRiseTests
{
    [Theory]

    // One bad step in a run that goes on to fall below what was before it.
    [InlineData("5 4 3 3.5 2.9 2 1", 2, 3, 0.5)]

    // All of it flat, but for the last step.
    [InlineData("3 3 3 3.5", 2, 3, 0.5)]

    // Momentum: it begins slowly, and the greatest of its steps is a later one.
    [InlineData("5 4 4.06 4.3 4.9 5 4.5", 1, 4, 1)]

    // The greater of two, though the run ends higher than the other began.
    [InlineData("2 2.2 1 1.4 1.3", 2, 3, 0.4)]
    [InlineData("2 1 Infinity Infinity 0.5", 1, 2, double.PositiveInfinity)]
    public void Find_greatest_rise_from_its_beginning_to_where_it_is_clear(string losses, int from, int to, double size)
    {
        var rise = LossRise.Find(Losses(losses), 0.01)!;
        Assert.Equal((from, to), (rise.From, rise.To));
        Assert.Equal(size, rise.Size, 1e-9);
    }

    [Theory]
    [InlineData("5 4 3 2")]
    [InlineData("5 4 4.2 3 3.2")]
    [InlineData("Infinity Infinity")]
    [InlineData("1")]
    public void Find_no_rise_above_the_threshold_is_none(string losses) => Assert.Null(LossRise.Find(Losses(losses), 0.25));

    private static double[] Losses(string text) => [.. text.Split(' ').Select(l => double.Parse(l, CultureInfo.InvariantCulture))];
}
