using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

public sealed class LaneSumsTests
{
    private const int Numbers = 64;

    // Against the tree written down as a recursion over managed numbers.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(13)]
    public void Take_lanes_in_any_order_have_the_bits_of_the_tree(int lanes)
    {
        var random = new Random(lanes);
        for (var round = 0; round < 20; round++)
        {
            // Some lanes have no gradient; one always has.
            var some = random.Next(lanes);
            var values = Enumerable.Range(0, lanes).Select(i => i == some || random.Next(4) > 0 ? Values(random) : null).ToArray();
            var order = Enumerable.Range(0, lanes).Where(i => values[i] is not null).ToArray();
            if (round > 0) random.Shuffle(order);
            using var sums = new LaneSums();
            foreach (var lane in order) sums.Add(new LaneSum(0, lane, tensor(values[lane]!)));
            using var total = sums.Take()!.Value;
            Assert.True(total.bytes.SequenceEqual(MemoryMarshal.AsBytes(Tree(values, 0, 16)!.AsSpan())), $"round {round}");
            Assert.Null(sums.Take());
        }
    }

    [Fact]
    public void Add_lanes_in_their_order_leave_a_logarithm_of_them_waiting()
    {
        using var sums = new LaneSums();
        for (var lane = 0; lane < 64; lane++)
        {
            sums.Add(new LaneSum(0, lane, zeros(Numbers)));
            Assert.True(sums.Bytes <= 6 * Numbers * sizeof(float), $"{sums.Bytes} after lane {lane}");
        }

        using var total = sums.Take()!.Value;
    }

    [Fact]
    public void Add_low_precision_lanes_are_added_in_float32()
    {
        using var sums = new LaneSums();
        sums.Add(new LaneSum(0, 1, tensor(1f).bfloat16()));
        sums.Add(new LaneSum(0, 0, tensor(0.001f).bfloat16()));
        using var total = sums.Take()!.Value;
        using var rounded = tensor(0.001f).bfloat16().to(ScalarType.Float32);
        Assert.Equal((ScalarType.Float32, 1 + rounded.item<float>()), (total.dtype, total.item<float>()));
    }

    // What two replicas have of eight lanes, each as few sums as possible, is the same as all of it in one place.
    [Fact]
    public void TakeParts_sums_of_several_places_add_up_to_the_bits_of_one()
    {
        var random = new Random(3);
        var values = Enumerable.Range(0, 8).Select(_ => Values(random)).ToArray();
        using var whole = new LaneSums();
        using var first = new LaneSums();
        using var second = new LaneSums();
        for (var lane = 0; lane < 8; lane++)
        {
            whole.Add(new LaneSum(0, lane, tensor(values[lane])));
            (lane < 5 ? first : second).Add(new LaneSum(0, lane, tensor(values[lane])));
        }

        var sent = second.TakeParts();
        Assert.Equal([(1, 3), (0, 5)], sent.Select(s => (s.Level, s.Index)).OrderDescending());
        foreach (var sum in sent) first.Add(sum);
        using var expected = whole.Take()!.Value;
        using var total = first.Take()!.Value;
        Assert.True(total.bytes.SequenceEqual(expected.bytes));
    }

    private static float[] Values(Random random) => [.. Enumerable.Range(0, Numbers).Select(_ => (float)((random.NextDouble() - 0.5) * 1000))];

    private static float[]? Tree(float[]?[] values, int first, int count)
    {
        if (first >= values.Length) return null;
        if (count == 1) return values[first];
        var (left, right) = (Tree(values, first, count / 2), Tree(values, first + (count / 2), count / 2));
        return left is null || right is null ? left ?? right : [.. left.Zip(right, (a, b) => a + b)];
    }
}
