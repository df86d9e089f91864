namespace LisaOrleans.Grains;

/// <summary>Shorter ways to ask for work.</summary>
public static class DeviceWorkerExtensions
{
    /// <summary>As <see cref="IDeviceWorker.Run{T}"/>, queued after all work of the same priority that waits already.</summary>
    public static Task<T> Run<T>(this IDeviceWorker worker, WorkPriority priority, Func<T> work, CancellationToken cancellationToken = default) =>
        worker.Run(new WorkOrder(priority), work, cancellationToken);

    /// <summary>As <see cref="IDeviceWorker.Run{T}"/>, for work without a result.</summary>
    public static Task Run(this IDeviceWorker worker, WorkPriority priority, Action work, CancellationToken cancellationToken = default) =>
        worker.Run(
            priority,
            () =>
            {
                work();
                return true;
            },
            cancellationToken);
}
