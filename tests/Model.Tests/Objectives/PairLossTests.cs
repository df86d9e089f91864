namespace LisaOrleans.Model.Tests;

/// <summary>Losses over pairs, against the formulas of the papers and of TRL, written out, and against finite differences.</summary>
public sealed class PairLossTests
{
    // Summed log probabilities and tokens of both answers, the second of each under the reference; far apart, and nearly certain.
    private static readonly (AnswerLogProbs Chosen, AnswerLogProbs Rejected)[] s_pairs =
    [
        (new(-10, 8, -12), new(-20, 9, -18)),
        (new(-12, 8, -10), new(-18, 9, -20)),
        (new(-3.5, 7, -3.5), new(-3.5, 7, -3.5)),
        (new(-900, 400, -100), new(-1, 3, -700)),
        (new(-0.02, 2, -0.5), new(-40, 4, -0.1)),
    ];

    private static readonly Dictionary<string, IPairLoss> s_losses = new()
    {
        ["dpo"] = new DpoLoss(0.1),
        ["dpo, smoothed"] = new DpoLoss(0.5, 0.2),
        ["orpo"] = new OrpoLoss(0.1),
        ["orpo, strong"] = new OrpoLoss(2),
    };

    public static TheoryData<string> Losses => [.. s_losses.Keys];

    // log σ(0.1 · ((-10 + 12) - (-20 + 18))) = log σ(0.4) = -0.5130152523999526.
    [Fact]
    public void DpoLoss_by_hand_gives_the_numbers_of_the_paper()
    {
        var pair = new DpoLoss(0.1).Of(new(-10, 8, -12), new(-20, 9, -18));
        Assert.Equal(0.5130152523999526, pair.Loss, 1e-14);
        Assert.Equal((0.2, -0.2), (pair.ChosenReward, pair.RejectedReward));
        Assert.Equal(-0.1 * 0.401312339887548, pair.ChosenSlope, 1e-14);
        Assert.Equal(-pair.ChosenSlope, pair.RejectedSlope);
    }

    // cDPO: 0.9 of the loss above, and 0.1 of that of the pair the other way round, -log σ(-0.4) = 0.9130152523999526.
    [Fact]
    public void DpoLoss_smoothed_is_a_mean_of_both_ways_round() => Assert.Equal(
        (0.9 * 0.5130152523999526) + (0.1 * 0.9130152523999526), new DpoLoss(0.1, 0.1).Of(new(-10, 8, -12), new(-20, 9, -18)).Loss, 1e-14);

    [Fact]
    public void DpoLoss_model_that_is_its_own_reference_has_log_2() =>
        Assert.Equal(Math.Log(2), new DpoLoss(0.1).Of(new(-7, 5, -7), new(-9, 5, -9)).Loss, 1e-15);

    // Means of -0.5 and -1.2: odds of 1.5414940825367982 and 0.4310127606933332.
    [Fact]
    public void OrpoLoss_by_hand_gives_the_numbers_of_the_paper()
    {
        var pair = new OrpoLoss(0.1).Of(new(-2, 4), new(-6, 5));
        var ratio = Math.Log(1.5414940825367982 / 0.4310127606933332);
        Assert.Equal(0.5 + (0.1 * Math.Log(1 + Math.Exp(-ratio))), pair.Loss, 1e-12);
        Assert.Equal(-0.05, pair.ChosenReward, 1e-15);
        Assert.Equal(-0.12, pair.RejectedReward, 1e-15);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void Of_slopes_equal_finite_differences(string name)
    {
        const double H = 1e-5;
        var loss = s_losses[name];
        foreach (var (chosen, rejected) in s_pairs)
        {
            var pair = loss.Of(chosen, rejected);
            var first = (loss.Of(Moved(chosen, H), rejected).Loss - loss.Of(Moved(chosen, -H), rejected).Loss) / (2 * H);
            var second = (loss.Of(chosen, Moved(rejected, H)).Loss - loss.Of(chosen, Moved(rejected, -H)).Loss) / (2 * H);
            Assert.Equal(first, pair.ChosenSlope, 1e-6 * (1 + Math.Abs(first)));
            Assert.Equal(second, pair.RejectedSlope, 1e-6 * (1 + Math.Abs(second)));
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void Of_answers_that_are_certain_or_impossible_have_finite_numbers(string name)
    {
        foreach (var (chosen, rejected) in ((double, double)[])[(0, 0), (0, -1e6), (-1e6, 0), (-1e6, -1e6), (-1e-300, -1e-300)])
        {
            var pair = s_losses[name].Of(new(chosen, 3, -5), new(rejected, 3, -5));
            Assert.All([pair.Loss, pair.ChosenSlope, pair.RejectedSlope], x => Assert.True(double.IsFinite(x), $"{pair}"));
            Assert.True(pair.Loss >= 0, $"{pair}");
        }
    }

    private static AnswerLogProbs Moved(AnswerLogProbs answer, double by) => answer with { Sum = answer.Sum + by };
}
