namespace LisaOrleans.Training.Tests;

public sealed class SiloSharesTests
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Assign_single_run_gets_every_silo() =>
        Assert.Equal("a: s0 s1 s2", Shares(3, Run("a")));

    [Fact]
    public void Assign_two_runs_get_equally_many_silos_and_the_first_the_odd_one() =>
        Assert.Equal("a: s0 s1, b: s2", Shares(3, Run("a"), Run("b", age: 1)));

    [Fact]
    public void Assign_another_run_comes_the_first_keeps_what_it_holds() =>
        Assert.Equal("a: s1 s2, b: s0", Shares(3, Run("a", holds: ["s1", "s2"]), Run("b", age: 1)));

    [Fact]
    public void Assign_run_with_all_silos_gives_some_up() =>
        Assert.Equal("a: s0 s1, b: s2", Shares(3, Run("a", holds: ["s0", "s1", "s2"]), Run("b", priority: 9)));

    [Fact]
    public void Assign_more_runs_than_silos_share_them_evenly() =>
        Assert.Equal("a: s0, b: s1, c: s0, d: s1", Shares(2, Run("a"), Run("b", age: 1), Run("c", age: 2), Run("d", age: 3)));

    [Fact]
    public void Assign_more_runs_than_silos_take_the_lower_priority_waits_and_then_the_younger() =>
        Assert.Equal(
            "b: s0, c: s0",
            Shares(1, maxRuns: 2, memory: 0, Run("a", age: 0), Run("b", priority: 1, age: 5),
                Run("c", priority: 1, age: 6), Run("d", priority: 1, age: 7)));

    [Fact]
    public void Assign_training_run_is_not_displaced_by_a_higher_priority() =>
        Assert.Equal("a: s0", Shares(1, maxRuns: 1, memory: 0, Run("a", holds: ["s0"]), Run("b", priority: 50)));

    [Fact]
    public void Assign_memory_for_one_run_makes_the_second_wait() =>
        Assert.Equal("a: s0", Shares(1, maxRuns: 4, memory: Needed(1.9), Run("a"), Run("b", age: 1)));

    [Theory]
    [InlineData(0.8, "a: s0")]
    [InlineData(1.8, "a: s0")]
    [InlineData(2.1, "a: s0, b: s0")]
    [InlineData(0.5, "")]
    public void Assign_memory_that_the_silo_found_is_a_firm_limit_only_for_sharing_it(double times, string shares)
    {
        TrainingSilo[] silos = [Silos(1, 4, Needed(times))[0] with { IsMemoryFound = true }];
        var found = SiloShares.Assign(SiloShares.Order([Run("a"), Run("b", age: 1)]), silos);
        Assert.Equal(shares, string.Join(", ", found.Select(s => $"{s.Key}: {Assert.Single(s.Value).Address}").Order()));
    }

    // Two runs have room for their weights and training state, but not for the activations of long texts.
    [Fact]
    public void Assign_no_room_for_the_activations_of_both_runs_they_do_not_share_the_silo()
    {
        var spec = TinyStories.Spec(1) with { BlockSize = 256 };
        var needed = RunCapacity.Estimate(spec, TinyStories.Config).Tensors;
        Assert.True(needed > 2 * 1.25 * PartWork.Of(TinyStories.Config, spec).TotalBytes);
        QueuedRun[] runs = [Run("a") with { Spec = spec with { RunName = "a" } }, Run("b", age: 1) with { Spec = spec with { RunName = "b" } }];
        Assert.Equal("a: s0", Shares(1, maxRuns: 4, memory: (2 * needed) - 2, runs));
        Assert.Equal("a: s0, b: s0", Shares(1, maxRuns: 4, memory: 2 * needed, runs));
    }

    [Fact]
    public void Assign_memory_for_two_runs_gives_each_its_half()
    {
        var silos = Silos(1, 4, Needed(2.1));
        var shares = SiloShares.Assign(SiloShares.Order([Run("a"), Run("b", age: 1)]), silos);
        Assert.Equal(2, shares.Count);
        Assert.All(shares.Values, s => Assert.Equal(silos[0].MemoryBytes / 2, Assert.Single(s).MemoryBytes));
    }

    [Fact]
    public void Assign_runs_too_large_for_one_silo_share_all_of_them()
    {
        // Two silos that only together hold the model, twice over.
        var (a, b) = (Full("a"), Full("b", age: 1));
        var shares = SiloShares.Assign(SiloShares.Order([a, b]), Silos(4, 4, Needed(0.4, a.Spec)));
        Assert.Equal(["s0", "s1"], shares["a"].Select(s => s.Address).Take(2));
        Assert.True(shares.Count == 1 || shares["b"].Count >= 3, "each has either all silos or enough of its own");
    }

    [Fact]
    public void Assign_large_run_that_could_train_after_others_is_not_overtaken()
    {
        var large = Full("large", age: 1);
        var runs = SiloShares.Order([Run("a", holds: ["s0"]), large, Run("small", age: 2)]);
        Assert.Equal(["a"], SiloShares.Assign(runs, Silos(1, 4, Needed(1.5, large.Spec))).Keys);
    }

    [Fact]
    public void Assign_run_that_never_fits_keeps_nobody_waiting()
    {
        var silos = Silos(1, 4, Needed(1.1));
        var config = TinyStories.Config with { NumHiddenLayers = 60 };
        var runs = SiloShares.Order([Run("huge") with { Config = config }, Run("small", age: 2)]);
        Assert.Equal(["small"], SiloShares.Assign(runs, silos).Keys);
    }

    [Fact]
    public void Assign_any_number_of_runs_respects_max_runs_and_leaves_no_silo_idle()
    {
        for (var runs = 1; runs <= 9; runs++)
        {
            for (var silos = 1; silos <= 5; silos++)
            {
                var shares = SiloShares.Assign(
                    SiloShares.Order([.. Enumerable.Range(0, runs).Select(i => Run($"r{i}", age: i))]), Silos(silos, 2, 0));
                Assert.Equal(Math.Min(runs, silos * 2), shares.Count);
                var load = shares.Values.SelectMany(s => s).GroupBy(s => s.Address).ToDictionary(g => g.Key, g => g.Count());
                Assert.All(load.Values, l => Assert.InRange(l, 1, 2));
                Assert.Equal(silos, load.Count);
            }
        }
    }

    private static QueuedRun Run(string name, int priority = 0, int age = 0, string[]? holds = null) => new(
        name, TinyStories.Spec(1) with { RunName = name, Priority = priority },
        TinyStories.Config, s_start.AddMinutes(age), holds is not null, holds ?? []);

    private static QueuedRun Full(string name, int age = 0) =>
        Run(name, age: age) with { Spec = TinyStories.FullSpec(1) with { RunName = name } };

    // A multiple of what the sample model needs on one silo: room for its stage, and for activations too.
    private static long Needed(double times, TrainingSpec? spec = null)
    {
        spec ??= TinyStories.Spec(1);
        var (stage, all) = (1.25 * PartWork.Of(TinyStories.Config, spec).TotalBytes, RunCapacity.Estimate(spec, TinyStories.Config).Tensors);
        return (long)(times * Math.Max(stage, all));
    }

    private static TrainingSilo[] Silos(int count, int maxRuns, long memory) =>
        [.. Enumerable.Range(0, count).Select(i => new TrainingSilo($"s{i}", memory, 1, maxRuns))];

    private static string Shares(int silos, params QueuedRun[] runs) => Shares(silos, 4, 0, runs);

    private static string Shares(int silos, int maxRuns, long memory, params QueuedRun[] runs) => string.Join(
        ", ",
        SiloShares.Assign(SiloShares.Order(runs), Silos(silos, maxRuns, memory)).OrderBy(s => s.Key, StringComparer.Ordinal)
            .Select(s => $"{s.Key}: {string.Join(' ', s.Value.Select(t => t.Address))}"));
}
