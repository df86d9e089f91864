namespace LisaOrleans.Grains.Tests;

public sealed class TransferQueuesTests
{
    [Fact]
    public async Task Add_transfers_from_one_silo_to_another_go_one_after_the_other()
    {
        var (queues, begun, end) = (new TransferQueues(), new List<string>(), new TaskCompletionSource());
        var first = Add("a", "b", "first");
        var second = Add("a", "b", "second");
        var back = Add("b", "a", "back");
        var beside = Add("a", "c", "beside");
        Assert.Equal(["first", "back", "beside"], begun);
        Assert.All((Task[])[first, second, back, beside], t => Assert.False(t.IsCompleted));
        end.SetResult();
        await Task.WhenAll(first, second, back, beside);
        Assert.Equal(["first", "back", "beside", "second"], begun);

        Task Add(string from, string to, string name) => queues.Add(from, to, () =>
        {
            begun.Add(name);
            return end.Task;
        });
    }

    [Fact]
    public async Task Add_transfer_behind_one_that_fails_does_not_begin()
    {
        var queues = new TransferQueues();
        var first = queues.Add("a", "b", () => Task.FromException(new IOException("broken")));
        var begun = false;
        var second = queues.Add("a", "b", () =>
        {
            begun = true;
            return Task.CompletedTask;
        });
        await Assert.ThrowsAsync<IOException>(() => first);
        Assert.Equal("broken", (await Assert.ThrowsAsync<IOException>(() => second)).Message);
        Assert.False(begun);
    }
}
