using System.Collections.Concurrent;

namespace LisaOrleans.Grains.Tests;

public sealed class EvaluationWalkTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_replica_that_is_slow_gets_what_the_others_leave()
    {
        var sent = new ConcurrentQueue<(int Replica, int Index)>();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var rest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await EvaluationWalk.Run(8, [1, 1], async (replica, index) =>
        {
            if (replica == 1) begun.TrySetResult();
            await (replica == 1 ? rest : begun).Task.WaitAsync(TimeSpan.FromMinutes(1), Token);
            await Task.Yield();
            sent.Enqueue((replica, index));
            if (sent.Count == 7) rest.TrySetResult();
        });
        Assert.Equal(Enumerable.Range(0, 8), sent.Select(s => s.Index).Order());
        Assert.Single(sent, s => s.Replica == 1);
    }

    [Fact]
    public async Task Run_few_go_to_all_replicas_and_no_more_than_one_has_room_for()
    {
        var (way, most, used) = (new int[3], new int[3], new ConcurrentQueue<int>());
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var run = EvaluationWalk.Run(4, [4, 1, 2], async (replica, _) =>
        {
            used.Enqueue(replica);
            most[replica] = Math.Max(most[replica], ++way[replica]);
            await hold.Task;
            way[replica]--;
        });
        Assert.Equal([0, 1, 2, 0], used);
        hold.SetResult();
        await run;
        Assert.Equal([2, 1, 1], most);
    }
}
