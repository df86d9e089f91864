using CsCheck;

namespace LisaOrleans.Data.Tests;

public sealed class PackedBlocksTests
{
    [Fact]
    public void Pack_every_sample_is_whole_in_exactly_one_block_of_at_most_the_size() =>
        Gen.Select(Samples.Lengths(16), Gen.Int[16, 40]).Sample((lengths, blockSize) =>
        {
            var data = Samples.Of(lengths);
            var blocks = PackedBlocks.Pack(data, blockSize);
            var packed = Enumerable.Range(0, blocks.Count).Select(blocks.Samples).ToArray();
            Assert.Equal(Enumerable.Range(0, data.Count), packed.SelectMany(b => b).Order());
            Assert.All(packed, block => Assert.InRange(block.Sum(s => lengths[s]), 1, blockSize));
            Assert.All(packed, block => Assert.Equal(block.Order(), block));
        }, iter: 300);

    [Fact]
    public void Pack_sample_goes_to_the_first_block_with_room()
    {
        var blocks = PackedBlocks.Pack(Samples.Of(6, 7, 4, 3, 5, 5), 10);
        Assert.Equal([[0, 2], [1, 3], [4, 5]], Enumerable.Range(0, blocks.Count).Select(blocks.Samples));
    }

    [Fact]
    public void Pack_samples_of_at_most_half_a_block_leave_at_most_one_block_half_empty() => Gen.Int[1, 16].Array[1, 200].Sample(lengths =>
    {
        var blocks = PackedBlocks.Pack(Samples.Of(lengths), 32);
        var halfEmpty = Enumerable.Range(0, blocks.Count).Count(b => blocks.Samples(b).Sum(s => lengths[s]) <= 16);
        Assert.InRange(halfEmpty, 0, 1);
    }, iter: 100);

    [Fact]
    public void Pack_many_open_blocks_closes_the_oldest()
    {
        // 65 blocks of 9 open one after the other; then 1 token fits the second, because the first is closed.
        int[] lengths = [.. Enumerable.Repeat(9, 65), 1];
        var blocks = PackedBlocks.Pack(Samples.Of(lengths), 10);
        Assert.Equal(65, blocks.Count);
        Assert.Equal([0], blocks.Samples(0));
        Assert.Equal([1, 65], blocks.Samples(1));
    }
}
