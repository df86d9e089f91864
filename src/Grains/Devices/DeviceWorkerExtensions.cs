namespace LisaOrleans.Grains;

internal static class DeviceWorkerExtensions
{
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
