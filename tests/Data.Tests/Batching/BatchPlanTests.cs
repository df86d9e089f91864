using CsCheck;

namespace LisaOrleans.Data.Tests;

public sealed class BatchPlanTests
{
    private static readonly Gen<(int Count, int MicroBatch, int Accumulation, ulong Seed)> s_plans =
        Gen.Select(Gen.Int[1, 60], Gen.Int[1, 8], Gen.Int[1, 5], Gen.ULong);

    [Fact]
    public void MicroBatches_each_epoch_uses_every_row_exactly_once() => s_plans.Sample(p =>
    {
        var plan = Plan(p);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var first = (epoch * plan.StepsPerEpoch) + 1;
            var rows = Enumerable.Range(0, (int)plan.StepsPerEpoch).SelectMany(s => plan.MicroBatches(first + s)).SelectMany(b => b);
            Assert.Equal(Enumerable.Range(0, p.Count), rows.Order());
        }
    }, iter: 300);

    [Fact]
    public void MicroBatches_steps_are_full_except_the_last_of_an_epoch() => s_plans.Sample(p =>
    {
        var plan = Plan(p);
        var batch = Math.Min(p.Count, p.MicroBatch * p.Accumulation);
        for (var step = 1; step <= plan.StepsPerEpoch; step++)
        {
            var batches = plan.MicroBatches(step);
            var rows = step < plan.StepsPerEpoch || p.Count % batch == 0 ? batch : p.Count % batch;
            Assert.Equal(rows, batches.Sum(b => b.Length));
            Assert.All(batches.SkipLast(1), b => Assert.Equal(p.MicroBatch, b.Length));
            Assert.InRange(batches[^1].Length, 1, p.MicroBatch);
        }
    }, iter: 300);

    [Fact]
    public void MicroBatches_any_order_of_calls_gives_the_same_rows() => Gen.Select(s_plans, Gen.Int[1, 500].Array[1, 10]).Sample((p, steps) =>
    {
        // One plan is asked for the steps in this order, and a new plan for each step alone.
        var plan = Plan(p);
        foreach (var step in steps) Assert.Equal(Plan(p).MicroBatches(step), plan.MicroBatches(step));
    }, iter: 200);

    [Fact]
    public void MicroBatches_each_seed_and_epoch_has_its_own_order()
    {
        // With 100! orders, none comes up twice by chance.
        var orders = Enumerable.Range(0, 50).Select(seed => new BatchPlan(100, 100, 1, (ulong)seed, null, 2))
            .SelectMany(plan => new[] { plan.MicroBatches(1)[0], plan.MicroBatches(2)[0] })
            .Select(rows => string.Join(',', rows)).ToArray();
        Assert.Equal(100, orders.Distinct().Count());
    }

    [Fact]
    public void MicroBatches_all_orders_are_equally_likely()
    {
        var counts = new Dictionary<string, int>();
        var plan = new BatchPlan(4, 4, 1, seed: 3, null, 1);
        for (var epoch = 1; epoch <= 24_000; epoch++)
        {
            var order = string.Concat(plan.MicroBatches(epoch)[0]);
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }

        // 4! orders; 49.73 is the critical value at 0.1 % for 23 degrees of freedom.
        Assert.Equal(24, counts.Count);
        Assert.InRange(ChiSquare.Uniform(counts.Values), 0, 49.73);
    }

    [Theory]
    [InlineData(10, 2, 2, null, 1.0, 3, 3)]
    [InlineData(10, 2, 2, null, 2.5, 3, 8)]
    [InlineData(10, 2, 2, 7L, 2.5, 3, 7)]
    [InlineData(3, 8, 4, null, 2.0, 1, 2)]
    [InlineData(8, 2, 2, null, 0.1, 2, 1)]
    public void TotalSteps_any_plan_has_as_many_as_hugging_face(
        int count, int microBatch, int accumulation, long? maxSteps, double epochs, long perEpoch, long total)
    {
        var plan = new BatchPlan(count, microBatch, accumulation, 0, maxSteps, epochs);
        Assert.Equal((perEpoch, total), (plan.StepsPerEpoch, plan.TotalSteps));
        Assert.Equal((0, 1), (plan.EpochIndex(perEpoch), plan.EpochIndex(perEpoch + 1)));
        Assert.Equal(1.0, plan.Epoch(perEpoch));
    }

    [Fact]
    public void MicroBatches_step_zero_or_no_rows_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Plan((3, 1, 1, 0)).MicroBatches(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Plan((0, 1, 1, 0)));
    }

    private static BatchPlan Plan((int Count, int MicroBatch, int Accumulation, ulong Seed) p) =>
        new(p.Count, p.MicroBatch, p.Accumulation, p.Seed, maxSteps: null, numTrainEpochs: 3);
}
