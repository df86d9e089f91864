namespace LisaOrleans.Training.Tests;

/// <summary>Suspects that stand together are found, all of them and no others, with few tries.</summary>
public sealed class SuspectRangeTests
{
    private const int Most = 33;

    [Fact]
    public async Task NarrowAsync_guilty_ones_that_stand_together_are_found_within_twice_the_logarithm()
    {
        for (var count = 1; count <= Most; count++)
        {
            for (var first = 0; first < count; first++)
            {
                for (var last = first; last < count; last++)
                {
                    var (found, tries) = await NarrowAsync(count, Enumerable.Range(first, last - first + 1), int.MaxValue);
                    Assert.Equal((first, last), found);
                    Assert.InRange(tries, 0, 2 * (int)Math.Ceiling(Math.Log2(count)));
                }
            }
        }
    }

    [Fact]
    public async Task NarrowAsync_guilty_ones_that_stand_apart_are_found_with_those_between()
    {
        var (found, _) = await NarrowAsync(32, [3, 17], int.MaxValue);
        Assert.Equal((3, 17), found);
    }

    [Fact]
    public async Task NarrowAsync_too_few_tries_leave_more_suspects_but_all_guilty_ones()
    {
        for (var most = 0; most < 12; most++)
        {
            var ((first, last), tries) = await NarrowAsync(32, [20, 21], most);
            Assert.InRange(tries, 0, most);
            Assert.InRange(first, 0, 20);
            Assert.InRange(last, 21, 31);
        }
    }

    private static async Task<((int First, int Last) Found, int Tries)> NarrowAsync(int count, IEnumerable<int> guilty, int most)
    {
        var tries = 0;
        var found = await SuspectRange.NarrowAsync(
            0, count - 1, (first, last) =>
            {
                tries++;
                return Task.FromResult(guilty.All(g => g >= first && g <= last));
            },
            most);
        return (found, tries);
    }
}
