using LisaOrleans.Grains;
using static TorchSharp.torch;

namespace LisaOrleans.Silo.Tests;

public sealed class DeviceWorkerTests
{
    [Fact]
    public async Task Run_waiting_work_goes_by_priority_and_then_in_the_order_of_the_calls()
    {
        using var worker = new DeviceWorker(CPU);
        using var gate = new ManualResetEventSlim();
        var order = new List<string>();
        var first = Blocked(worker, gate);
        Task[] rest =
        [
            Add(WorkPriority.Forward, "forward 1"), Add(WorkPriority.Backward, "backward 1"), Add(WorkPriority.Control, "control 1"),
            Add(WorkPriority.Forward, "forward 2"), Add(WorkPriority.Control, "control 2"), Add(WorkPriority.Backward, "backward 2"),
        ];
        gate.Set();
        await first;
        await Task.WhenAll(rest);
        Assert.Equal(["control 1", "control 2", "backward 1", "backward 2", "forward 1", "forward 2"], order);

        Task Add(WorkPriority priority, string name) => DeviceWorkerTests.Add(worker, new WorkOrder(priority), order, name);
    }

    [Fact]
    public async Task Run_several_turns_of_a_priority_the_lowest_goes_first()
    {
        using var worker = new DeviceWorker(CPU);
        using var gate = new ManualResetEventSlim();
        var order = new List<string>();
        var (early, late) = (worker.NewTurn(), worker.NewTurn());
        var first = Blocked(worker, gate);
        Task[] rest =
        [
            Add(worker, new WorkOrder(WorkPriority.Forward, late), order, "late"),
            Add(worker, new WorkOrder(WorkPriority.Forward, early), order, "early"),
            Add(worker, new WorkOrder(WorkPriority.Backward, late), order, "backward"),
        ];
        gate.Set();
        await first;
        await Task.WhenAll(rest);
        Assert.Equal(["backward", "early", "late"], order);
    }

    [Fact]
    public async Task Run_work_that_continues_a_turn_goes_first()
    {
        using var worker = new DeviceWorker(CPU, TimeSpan.FromDays(1));
        var order = new List<string>();
        var (one, other) = await TwoTurns(worker, order);
        await Add(worker, new WorkOrder(WorkPriority.Control), order, "control");
        await Add(worker, new WorkOrder(WorkPriority.Forward, one), order, "1, continued");
        await other;
        Assert.Equal(["1", "control", "1, continued", "2"], order);
    }

    [Fact]
    public async Task Run_waiting_work_does_not_wait_for_an_abandoned_turn()
    {
        using var worker = new DeviceWorker(CPU, TimeSpan.FromMilliseconds(1));
        var order = new List<string>();
        var (_, other) = await TwoTurns(worker, order);
        await other;
        Assert.Equal(["1", "2"], order);
    }

    [Fact]
    public async Task Busy_counts_while_there_is_work()
    {
        using var worker = new DeviceWorker(CPU);
        using var gate = new ManualResetEventSlim();
        var first = Blocked(worker, gate);
        await Until.True(() => worker.Busy > TimeSpan.FromMilliseconds(5));
        gate.Set();
        await first;
        await Until.True(IsIdle);
        Assert.InRange(worker.Busy, TimeSpan.FromMilliseconds(5), worker.Up);

        bool IsIdle()
        {
            var (busy, up) = (worker.Busy, worker.Up);
            SpinWait.SpinUntil(() => worker.Up > up);
            return worker.Busy == busy;
        }
    }

    [Fact]
    public async Task UseThreads_setting_of_another_thread_changes_nothing()
    {
        using var worker = new DeviceWorker(CPU);
        await Run(worker, WorkPriority.Control, () =>
        {
            worker.UseThreads(3);
            return 0;
        });
        var other = new Thread(() =>
        {
            _ = get_num_threads();
            set_num_threads(1);
        });
        other.Start();
        other.Join();
        Assert.Equal(3, await Run(worker, WorkPriority.Control, get_num_threads));
    }

    [Fact]
    public async Task Run_uses_one_thread_and_continuations_another()
    {
        using var worker = new DeviceWorker(CPU);
        var threads = new HashSet<int>();
        for (var i = 0; i < 10; i++)
        {
            threads.Add(await Run(worker, WorkPriority.Forward, () => Environment.CurrentManagedThreadId));
            Assert.DoesNotContain(Environment.CurrentManagedThreadId, threads);
        }

        Assert.Single(threads);
    }

    [Fact]
    public async Task Run_exception_reaches_its_caller_and_the_next_work_runs()
    {
        using var worker = new DeviceWorker(CPU);
        var e = await Assert.ThrowsAsync<InvalidOperationException>(
            () => Run<int>(worker, WorkPriority.Forward, () => throw new InvalidOperationException("this one")));
        Assert.Equal("this one", e.Message);
        Assert.Equal(3, await Run(worker, WorkPriority.Forward, () => 3));
    }

    [Fact]
    public async Task Run_cancelled_before_it_began_does_not_run()
    {
        using var worker = new DeviceWorker(CPU);
        using var gate = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        var ran = false;
        var first = Blocked(worker, gate);
        var second = worker.Run(WorkPriority.Control, () => ran = true, cancel.Token);
        await cancel.CancelAsync();
        gate.Set();
        await first;
        var e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal((cancel.Token, false), (e.CancellationToken, ran));
    }

    [Fact]
    public async Task Run_cancelled_after_it_began_ends_as_it_would()
    {
        using var worker = new DeviceWorker(CPU);
        using var cancel = new CancellationTokenSource();
        Assert.True(await worker.Run(
            WorkPriority.Control,
            () =>
            {
                cancel.Cancel();
                return true;
            },
            cancel.Token));
    }

    [Fact]
    public async Task Dispose_running_work_ends_waiting_work_is_cancelled_and_new_work_refused()
    {
        var worker = new DeviceWorker(CPU);
        using var gate = new ManualResetEventSlim();
        var running = Blocked(worker, gate);
        Task<int>[] waiting = [Run(worker, WorkPriority.Control, () => 1), Run(worker, WorkPriority.Forward, () => 2)];

        var disposing = Task.Run(worker.Dispose, TestContext.Current.CancellationToken);
        await Until.True(() => IsRefused(worker));
        Assert.False(running.IsCompleted);
        gate.Set();
        await disposing;

        Assert.True(await running);
        foreach (var task in waiting) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        worker.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_what_awaits_inline_work_goes_on_on_the_thread_of_the_device(bool inline)
    {
        using var worker = new DeviceWorker(CPU);
        using var gate = new ManualResetEventSlim();
        var running = Blocked(worker, gate);
        var work = Run(worker, WorkPriority.Control, () => Environment.CurrentManagedThreadId);
        var after = After();
        gate.Set();

        Assert.Equal(inline, await work == await after);
        Assert.True(await running);

        async Task<int> After()
        {
            await worker.Run(new WorkOrder(WorkPriority.Control, Inline: inline), () => 0, TestContext.Current.CancellationToken)
                .ConfigureAwait(false);
            return Environment.CurrentManagedThreadId;
        }
    }

    [Fact]
    public async Task Dispose_what_awaits_inline_work_asks_for_more_is_refused()
    {
        var worker = new DeviceWorker(CPU);
        using var gate = new ManualResetEventSlim();
        var running = Blocked(worker, gate);
        var waiting = WaitAndGoOn();
        var disposing = Task.Run(worker.Dispose, TestContext.Current.CancellationToken);
        await Until.True(() => IsRefused(worker));
        gate.Set();

        await disposing;
        Assert.True(await running);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);

        async Task WaitAndGoOn()
        {
            try
            {
                await worker.Run(new WorkOrder(WorkPriority.Forward, Inline: true), () => 0, TestContext.Current.CancellationToken)
                    .ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                await Run(worker, WorkPriority.Forward, () => 0);
            }
        }
    }

    [Fact]
    public async Task UseThreads_thread_other_than_the_one_of_the_device_is_refused()
    {
        using var worker = new DeviceWorker(CPU);
        Assert.Throws<InvalidOperationException>(() => worker.UseThreads(1));
        Assert.Equal(1, await Run(worker, WorkPriority.Control, () =>
        {
            worker.UseThreads(1);
            return get_num_threads();
        }));
    }

    // The first of two turns has been begun and is to be continued; the second was waiting already.
    private static async Task<(long First, Task Second)> TwoTurns(DeviceWorker worker, List<string> order)
    {
        using var gate = new ManualResetEventSlim();
        var (one, two) = (worker.NewTurn(), worker.NewTurn());
        var blocked = Blocked(worker, gate);
        var first = Add(worker, new WorkOrder(WorkPriority.Forward, one, Continues: true), order, "1");
        var second = Add(worker, new WorkOrder(WorkPriority.Forward, two), order, "2");
        gate.Set();
        await Task.WhenAll(blocked, first);
        return (one, second);
    }

    private static Task Add(DeviceWorker worker, WorkOrder place, List<string> order, string name) => worker.Run(
        place,
        () =>
        {
            order.Add(name);
            return 0;
        },
        TestContext.Current.CancellationToken);

    private static Task<T> Run<T>(DeviceWorker worker, WorkPriority priority, Func<T> work) =>
        worker.Run(priority, work, TestContext.Current.CancellationToken);

    // Returns when the work holds the device's thread.
    private static Task<bool> Blocked(DeviceWorker worker, ManualResetEventSlim gate)
    {
        using var begun = new ManualResetEventSlim();
        var task = Run(worker, WorkPriority.Forward, () =>
        {
            begun.Set();
            gate.Wait(TestContext.Current.CancellationToken);
            return true;
        });
        begun.Wait(TestContext.Current.CancellationToken);
        return task;
    }

    private static bool IsRefused(DeviceWorker worker)
    {
        try
        {
            _ = Run(worker, WorkPriority.Forward, () => 0);
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }
}
