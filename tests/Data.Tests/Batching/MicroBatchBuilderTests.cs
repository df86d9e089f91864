using CsCheck;

namespace LisaOrleans.Data.Tests;

public sealed class MicroBatchBuilderTests
{
    private const int Pad = 7;
    private const int None = MicroBatch.IgnoreIndex;

    [Fact]
    public void Build_rows_are_padded_on_the_right_and_labelled_with_the_next_tokens()
    {
        var data = Samples.Of(2, 4, 1);
        var batch = new MicroBatchBuilder(data, packing: null, Pad).Build([1, 0]);
        Assert.Equal((2, 4), (batch.BatchSize, batch.SequenceLength));
        Assert.Equal([1002, 1003, 1004, 1005, 1000, 1001, Pad, Pad], batch.InputIds);
        Assert.Equal([1003, 1004, 1005, None, 1001, None, None, None], batch.Labels);
        Assert.Equal([1, 0], batch.SampleIds);
        Assert.Equal((4, 6), (batch.LabelCount, batch.TokenCount));
        Assert.Null(batch.PositionIds);
        Assert.Null(batch.SegmentIds);
    }

    [Fact]
    public void Build_loss_mask_sets_labels_only_before_trained_tokens()
    {
        var sample = new EncodedSample([10, 11, 12, 13, 14], [false, false, true, false, true]);
        var data = TokenizedDataset.Create([sample], new DatasetStatistics());
        var batch = new MicroBatchBuilder(data, packing: null, Pad).Build([0]);
        Assert.Equal([None, 12, None, 14, None], batch.Labels);
        Assert.Equal(2, batch.LabelCount);
    }

    [Fact]
    public void Build_packed_row_restarts_positions_and_no_sample_predicts_the_next()
    {
        // Blocks [0, 1] of five tokens and [2] of three.
        var data = Samples.Of(2, 3, 3);
        var batch = new MicroBatchBuilder(data, PackedBlocks.Pack(data, 5), Pad).Build([0, 1]);
        Assert.Equal((2, 5), (batch.BatchSize, batch.SequenceLength));
        Assert.Equal([1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, Pad, Pad], batch.InputIds);
        Assert.Equal([1001, None, 1003, 1004, None, 1006, 1007, None, None, None], batch.Labels);
        Assert.Equal([0, 1, 0, 1, 2, 0, 1, 2, 0, 0], batch.PositionIds!);
        Assert.Equal([0, 0, 1, 1, 1, 0, 0, 0, -1, -1], batch.SegmentIds!);
        Assert.Equal([0, 1, 2], batch.SampleIds);
        Assert.Equal((5, 8), (batch.LabelCount, batch.TokenCount));
    }

    [Fact]
    public void Build_trained_first_token_is_not_a_label_of_the_sample_before()
    {
        EncodedSample[] samples = [new([10, 11], [true, true]), new([20, 21], [true, true])];
        var data = TokenizedDataset.Create([.. samples], new DatasetStatistics());
        var batch = new MicroBatchBuilder(data, PackedBlocks.Pack(data, 4), Pad).Build([0]);
        Assert.Equal([11, None, 21, None], batch.Labels);
    }

    [Fact]
    public void Build_masked_row_is_pads_without_a_length_of_its_own()
    {
        var data = Samples.Of(2, 9, 3);
        var batch = new MicroBatchBuilder(data, packing: null, Pad, masked: [1]).Build([2, 1, 0]);
        Assert.Equal((3, 3), (batch.BatchSize, batch.SequenceLength));
        Assert.Equal([1011, 1012, 1013, Pad, Pad, Pad, 1000, 1001, Pad], batch.InputIds);
        Assert.Equal([1012, 1013, None, None, None, None, 1001, None, None], batch.Labels);
        Assert.Equal([2, 0], batch.SampleIds);
        Assert.Equal((3, 5), (batch.LabelCount, batch.TokenCount));

        var alone = new MicroBatchBuilder(data, packing: null, Pad, masked: [1]).Build([1]);
        Assert.Equal((1, 0, 0), (alone.SequenceLength, alone.LabelCount, alone.TokenCount));
        Assert.Empty(alone.SampleIds);
    }

    [Fact]
    public void Build_masked_sample_of_a_block_keeps_its_room_and_the_others_their_places()
    {
        var data = Samples.Of(2, 3, 2);
        var blocks = PackedBlocks.Pack(data, 8);
        var (whole, masked) = (new MicroBatchBuilder(data, blocks, Pad).Build([0]), new MicroBatchBuilder(data, blocks, Pad, [1]).Build([0]));
        Assert.Equal([1000, 1001, Pad, Pad, Pad, 1005, 1006], masked.InputIds);
        Assert.Equal([1001, None, None, None, None, 1006, None], masked.Labels);
        Assert.Equal(whole.PositionIds, masked.PositionIds);
        Assert.Equal(whole.SegmentIds, masked.SegmentIds);
        Assert.Equal([0, 2], masked.SampleIds);
        Assert.Equal((2, 4), (masked.LabelCount, masked.TokenCount));
    }

    [Fact]
    public void Build_packing_changes_neither_tokens_nor_labels() => Gen.Select(Samples.Lengths(12), Gen.Int[12, 30]).Sample((lengths, blockSize) =>
    {
        var data = Samples.Of(lengths);
        var blocks = PackedBlocks.Pack(data, blockSize);
        var plain = new MicroBatchBuilder(data, packing: null, Pad).Build([.. Enumerable.Range(0, data.Count)]);
        var packed = new MicroBatchBuilder(data, blocks, Pad).Build([.. Enumerable.Range(0, blocks.Count)]);

        // All tokens differ, so a pair of a token and its label stands for its place.
        Assert.Equal(Pairs(plain), Pairs(packed));
        Assert.Equal((plain.LabelCount, plain.TokenCount), (packed.LabelCount, packed.TokenCount));
        Assert.InRange(packed.SequenceLength, lengths.Max(), blockSize);
    }, iter: 200);

    private static IEnumerable<(int Token, int Label)> Pairs(MicroBatch batch) =>
        batch.InputIds.Zip(batch.Labels).Where(p => p.First >= Samples.FirstToken).Order();
}
