using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <summary>
/// The one thread that owns a device. Every Torch call of a grain runs here: grain turns never block, and the
/// thread-static modes and scopes of TorchSharp never meet an await.
/// </summary>
public interface IDeviceWorker
{
    /// <summary>Where tensors live.</summary>
    Device Device { get; }

    /// <summary>How long it has been busy in all since it started.</summary>
    TimeSpan Busy { get; }

    /// <summary>How long ago it started.</summary>
    TimeSpan Up { get; }

    /// <summary>
    /// Sets the intra-op threads of the arithmetic, whose number affects the bits of sums. On the device's thread only.
    /// </summary>
    void UseThreads(int count);

    /// <summary>A number for <see cref="WorkOrder.Turn"/>, higher than all given before.</summary>
    long NewTurn();

    /// <summary>Runs work on the device's thread: by priority, within one priority by turn.</summary>
    /// <returns>Its result. Cancelled only if the work had not begun.</returns>
    Task<T> Run<T>(WorkOrder order, Func<T> work, CancellationToken cancellationToken = default);
}
