using System.Globalization;

namespace LisaOrleans.Checkpoints.Tests;

public sealed class QuietThreadsTests
{
    // The 19th of /proc's fields, of which the second, in brackets, may hold spaces.
    private const int Nice = 19;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_gives_way_to_other_threads_and_leaves_them_as_they_are()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "threads are nicer than others on Linux only");
        var before = NiceOfThisThread();
        var within = await QuietThreads.All.Run(() => Task.FromResult(NiceOfThisThread()));
        Assert.True(within > before, $"{before} and {within}");
        Assert.All(
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(NiceOfThisThread, Token))), nice => Assert.NotEqual(within, nice));
    }

    [Fact]
    public async Task Run_much_at_once_all_of_it_is_done_and_a_fault_is_its_own()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => QuietThreads.All.Run(async () =>
        {
            await Task.Yield();
            return i;
        })));
        Assert.Equal(Enumerable.Range(0, 100), results);
        await Assert.ThrowsAsync<InvalidDataException>(() => QuietThreads.All.Run<int>(() => throw new InvalidDataException("x")));
        Assert.Equal(1, await QuietThreads.All.Run(() => Task.FromResult(1)));
    }

    private static int NiceOfThisThread()
    {
        var stat = File.ReadAllText("/proc/thread-self/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[Nice - 3], CultureInfo.InvariantCulture);
    }
}
