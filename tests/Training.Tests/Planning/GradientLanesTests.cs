namespace LisaOrleans.Training.Tests;

public sealed class GradientLanesTests
{
    // By trying every share of the lanes that one replica may have, and adding up the others' as the tree does.
    [Fact]
    public void Arriving_is_never_less_than_what_waits_and_for_whole_trees_just_that()
    {
        for (var lanes = 1; lanes <= 40; lanes++)
        {
            Assert.Equal(0, GradientLanes.Arriving(lanes, 1));
            for (var replicas = 2; replicas <= lanes; replicas++)
            {
                var most = (from first in Enumerable.Range(0, lanes)
                            from end in Enumerable.Range(first + 1, lanes - first)
                            let before = Math.Min(first, 1)
                            let after = Math.Min(lanes - end, 1)
                            where first + lanes - end >= replicas - 1 && (replicas > 2 || before + after == 1)
                            select Waiting([.. Enumerable.Range(0, first), .. Enumerable.Range(end, lanes - end)])).Max();
                var bound = GradientLanes.Arriving(lanes, replicas);
                Assert.True(bound >= most, $"{lanes} lanes, {replicas} replicas: {bound} for {most}");
                if (int.IsPow2(lanes) && replicas <= 3) Assert.Equal(most, bound);
            }
        }
    }

    private static int Waiting(int[] lanes)
    {
        var sums = new HashSet<(int Level, int Index)>();
        foreach (var lane in lanes)
        {
            var sum = (Level: 0, Index: lane);
            while (sums.Remove((sum.Level, sum.Index ^ 1))) sum = (sum.Level + 1, sum.Index / 2);
            sums.Add(sum);
        }

        return sums.Count;
    }
}
