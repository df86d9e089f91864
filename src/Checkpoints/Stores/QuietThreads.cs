using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// Threads for hashing and writing what a run keeps, which take what training leaves of the processors: each of libtorch's threads has a
/// share of every product, so that one that has to wait lets all wait. On Linux they are nicer than those; elsewhere, ordinary.
/// </summary>
public sealed partial class QuietThreads : TaskScheduler
{
    private const int Count = 2;

    // With more, what is written came so late that training waited for it (docs/benchmarks.md).
    private const int Nicer = 10;

    private readonly BlockingCollection<Task> _tasks = [];

    private QuietThreads()
    {
        for (var number = 1; number <= Count; number++) new Thread(Work) { IsBackground = true, Name = $"quiet {number}" }.Start();
    }

    /// <summary>Those of this process.</summary>
    public static QuietThreads All { get; } = new();

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel => Count;

    /// <summary>Runs something on one of them; what it awaits goes on elsewhere, unless it says otherwise.</summary>
    public Task<T> Run<T>(Func<Task<T>> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <inheritdoc/>
    protected override void QueueTask(Task task) => _tasks.Add(task);

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks() => [.. _tasks];

    private void Work()
    {
        // On Linux, of the calling thread alone; on top of what the process was begun with.
        if (OperatingSystem.IsLinux()) _ = Nice(Nicer);
        foreach (var task in _tasks.GetConsumingEnumerable()) TryExecuteTask(task);
    }

    [LibraryImport("libc", EntryPoint = "nice")]
    private static partial int Nice(int more);
}
