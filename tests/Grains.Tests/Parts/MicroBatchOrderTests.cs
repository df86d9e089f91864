namespace LisaOrleans.Grains.Tests;

public sealed class MicroBatchOrderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Enter_micro_batches_in_any_order_pass_in_their_own()
    {
        var order = new MicroBatchOrder();
        var (third, second) = (order.Enter(0, 1, 2, Token), order.Enter(0, 1, 1, Token));
        await order.Enter(0, 1, 0, Token);
        Assert.False(second.IsCompleted);
        order.Leave(0);
        await second;
        Assert.False(third.IsCompleted);
        order.Leave(0);
        await third;
    }

    [Fact]
    public async Task Begin_earlier_micro_batches_have_begun_does_not_wait_for_their_end()
    {
        var order = new MicroBatchOrder();
        var (begun, last, end) = (new List<int>(), new TaskCompletionSource(), new TaskCompletionSource());
        var all = Task.WhenAll(Begin(2), Begin(0), Begin(1));
        await last.Task.WaitAsync(Token);
        Assert.Equal([0, 1, 2], begun);
        Assert.False(all.IsCompleted);
        end.SetResult();
        var results = await all;
        Assert.Equal([2, 0, 1], results);

        Task<int> Begin(int index) => order.Begin(
            0,
            1,
            index,
            async () =>
            {
                begun.Add(index);
                if (index == 2) last.SetResult();
                await end.Task;
                return index;
            },
            Token);
    }

    [Fact]
    public async Task Enter_late_call_of_an_earlier_generation_takes_no_place()
    {
        var order = new MicroBatchOrder();
        order.Reset(2);
        var second = order.Enter(2, 5, 1, Token);

        // Also where its own token has not been cancelled yet.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => order.Enter(1, 5, 0, Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => order.Enter(1, 4, 0, Token));

        await order.Enter(2, 5, 0, Token);
        order.Leave(1);
        Assert.False(second.IsCompleted);
        order.Leave(2);
        await second;
    }

    [Fact]
    public async Task Enter_cancelled_call_takes_no_place()
    {
        var order = new MicroBatchOrder();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => order.Enter(0, 4, 0, cancelled.Token));
        await order.Enter(0, 4, 0, Token);
    }
}
