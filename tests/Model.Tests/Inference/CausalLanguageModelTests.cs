using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

public sealed class CausalLanguageModelTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Logits_whole_sequence_has_those_of_the_plain_whole_model(bool tied, bool bias)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(tied, bias);
        using var model = TinyLanguageModel.Create(config);
        var ids = TinyModel.Ids(config, 12, 3);
        var expected = WholeModel.Logits(config, TinyModel.Weights(config), tensor(Array.ConvertAll(ids, i => (long)i), 1, 12));
        AssertClose(expected.squeeze(0), model.Logits(ids));
    }

    [Theory]
    [InlineData(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)]
    [InlineData(5, 1, 1, 1, 1, 1, 1, 1)]
    [InlineData(1, 4, 1, 6)]
    [InlineData(7, 5)]
    public void Append_sequence_in_pieces_gives_the_logits_of_the_whole(params int[] pieces)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(bias: true);
        using var model = TinyLanguageModel.Create(config);
        var ids = TinyModel.Ids(config, 12, 3);
        var whole = model.Logits(ids);

        using var session = model.StartDecoding(12);
        var at = 0;
        foreach (var piece in pieces)
        {
            AssertClose(whole.narrow(0, at, piece), session.Append(ids[at..(at + piece)], allPositions: true));
            at += piece;
        }

        Assert.Equal(12, at);
        Assert.Throws<InvalidOperationException>(() => session.Append([1]));
    }

    [Fact]
    public void Append_without_all_positions_gives_the_last_logits_only()
    {
        using var scope = NewDisposeScope();
        using var model = TinyLanguageModel.Create(TinyModel.Config());
        var ids = TinyModel.Ids(model.Config, 6, 3);
        using var session = model.StartDecoding(6);
        AssertClose(model.Logits(ids).narrow(0, 5, 1), session.Append(ids));
    }

    [Fact]
    public void Score_ignored_labels_do_not_count()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();
        using var model = TinyLanguageModel.Create(config);
        var ids = TinyModel.Ids(config, 20, 3);
        var labels = TinyModel.Ids(config, 20, 4);
        foreach (var ignored in new[] { 0, 7, 8, 19 }) labels[ignored] = -100;

        var (loss, count) = model.Score(2, 10, ids, labels, null, null);
        var expected = WholeModel.Loss(config, TinyModel.Weights(config), Rows(ids), Rows(labels)).item<float>();
        Assert.Equal(16, count);
        Assert.Equal(expected, loss / count, 1e-5);
        Assert.Equal((0.0, 0), model.Score(2, 10, ids, [.. Enumerable.Repeat(-100, 20)], null, null));

        static Tensor Rows(int[] values) => tensor(Array.ConvertAll(values, i => (long)i), 2, 10);
    }

    [Fact]
    public void Score_packed_samples_have_the_loss_of_separate_ones()
    {
        var config = TinyModel.Config();
        using var model = TinyLanguageModel.Create(config);
        var ids = TinyModel.Ids(config, 9, 3);
        var labels = TinyModel.Ids(config, 9, 4);

        // The last two are pads.
        labels[7] = labels[8] = -100;
        var packed = model.Score(1, 9, ids, labels, [0, 1, 2, 0, 1, 2, 3, 0, 0], [0, 0, 0, 1, 1, 1, 1, -1, -1]);
        var first = model.Score(1, 3, ids[..3], labels[..3], null, null);
        var second = model.Score(1, 4, ids[3..7], labels[3..7], null, null);
        Assert.Equal(7, packed.LabelCount);
        Assert.Equal(first.LossSum + second.LossSum, packed.LossSum, 1e-4);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(29)]
    public void Logits_token_outside_the_vocabulary_is_refused(int id)
    {
        using var model = TinyLanguageModel.Create(TinyModel.Config());
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Logits([0, id]));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Score(1, 2, [0, id], [1, -100], null, null));
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, 2e-5f);
    }
}
