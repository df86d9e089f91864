using System.Diagnostics;

namespace LisaOrleans.Grains;

/// <summary>
/// The device as one part uses it. Work is queued with the generation it belongs to, which is checked again when its turn comes:
/// what an earlier generation left in the queue fails instead of touching the new one's gradients.
/// </summary>
/// <param name="services">What the silo has.</param>
/// <param name="fence">The part's generation.</param>
/// <param name="measure">Called on the device's thread when work has ended.</param>
internal sealed class PartDevice(PartServices services, PartFence fence, Action measure)
{
    /// <value>Intra-op threads of the run. Default 1.</value>
    public int Threads { get; set; } = 1;

    /// <summary>Queues work of a generation; it fails if that generation was replaced before its turn.</summary>
    public Task<T> Run<T>(long generation, Func<T> work, WorkOrder order = default, CancellationToken cancellationToken = default)
    {
        fence.Check(generation);
        var caller = Activity.Current;
        return services.Worker.Run(
            order,
            () =>
            {
                fence.Check(generation);
                using var span = PartTelemetry.Work(order.Priority, caller);
                services.Worker.UseThreads(Threads);
                var result = work();
                measure();
                return result;
            },
            cancellationToken);
    }

    /// <summary>The same for work without a result.</summary>
    public Task Run(long generation, Action work, CancellationToken cancellationToken = default) =>
        Run(
            generation,
            () =>
            {
                work();
                return true;
            },
            cancellationToken: cancellationToken);
}
