namespace LisaOrleans.Grains;

/// <summary>Where a piece of work stands in a device's queue.</summary>
/// <param name="Priority">What it is.</param>
/// <param name="Turn">
/// Within a priority the lowest number goes first. All work of one micro-batch on its way through the parts of one silo has the
/// same number: the next silo should get something to do as soon as possible, and two micro-batches that went side by side would
/// both be late. Null for a new number.
/// </param>
/// <param name="Continues">
/// Whether work of the same turn follows as soon as this ends. The device waits a moment for that work before it begins what is
/// queued behind it.
/// </param>
/// <param name="Inline">
/// Whether what awaits the work, and captured no context, goes on at once on the device's thread: to hand it to another thread takes longer
/// than a small layer does. It must be short, and touch nothing that belongs to a grain's turns.
/// </param>
public readonly record struct WorkOrder(WorkPriority Priority, long? Turn = null, bool Continues = false, bool Inline = false)
{
    /// <summary>The turn for the work that follows; null where none does.</summary>
    public long? Continued => Continues ? Turn : null;
}
