using CsCheck;

namespace LisaOrleans.Data.Tests;

public sealed class SampleLedgerTests
{
    [Fact]
    public void Verify_plan_that_is_followed_has_no_faults() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 7], Gen.ULong, Gen.Int[0, 30]).Sample((count, batch, seed, steps) =>
        {
            var plan = new BatchPlan(count, batch, 1, seed, null, 1);
            var ledger = new SampleLedger(count, plan.StepsPerEpoch);
            for (var step = 1; step <= steps; step++) ledger.Record(step, [.. plan.MicroBatches(step).SelectMany(b => b)]);
            Assert.Empty(ledger.Verify());
        }, iter: 300);

    [Fact]
    public void Verify_sample_used_twice_is_named_with_both_steps() => Assert.Equal(
        ["step 2: sample 1 was used before in step 1", "epoch 0: sample 3 was never used"], Faults([0, 1], [2, 1]));

    [Fact]
    public void Verify_sample_left_out_is_named_with_its_epoch() =>
        Assert.Equal(["epoch 1: sample 2 was never used"], Faults([0, 1], [2, 3], [3, 0], [1]));

    [Fact]
    public void Verify_last_epoch_may_be_unfinished() => Assert.Empty(Faults([0, 1], [2, 3], [3, 0]));

    [Fact]
    public void Verify_next_epoch_may_use_every_sample_again() => Assert.Empty(Faults([0, 1], [2, 3], [1, 0], [3, 2]));

    [Fact]
    public void Verify_sample_that_does_not_exist_is_named() =>
        Assert.Equal(["step 1: there is no sample 4", "step 1: there is no sample -1"], Faults([4, -1]));

    [Fact]
    public void Verify_steps_out_of_order_are_named()
    {
        var ledger = new SampleLedger(4, 2);
        ledger.Record(1, [0, 1]);
        ledger.Record(1, [2, 3]);
        ledger.Record(3, [0, 1]);
        Assert.Equal(["step 1 follows step 1", "step 3 follows step 1"], ledger.Verify());
    }

    // Four samples, two steps an epoch.
    private static IReadOnlyList<string> Faults(params int[][] steps)
    {
        var ledger = new SampleLedger(4, 2);
        for (var i = 0; i < steps.Length; i++) ledger.Record(i + 1, steps[i]);
        return ledger.Verify();
    }
}
