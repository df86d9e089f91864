namespace LisaOrleans.Grains;

/// <summary>Where a piece of work stands in a device's queue.</summary>
/// <param name="Priority">What it is.</param>
/// <param name="Turn">
/// Within a priority the lowest number is first. All work of one micro-batch on its way through the parts of one silo has the
/// same: the next silo is to have something to do as soon as can be, and two micro-batches that go side by side would both
/// be late. Null for a new number.
/// </param>
/// <param name="Continues">
/// Whether work of the same turn will follow as soon as this has ended. The device waits a moment for it before it begins
/// what would come after it.
/// </param>
public readonly record struct WorkOrder(WorkPriority Priority, long? Turn = null, bool Continues = false)
{
    /// <summary>The turn for the work that follows; null where none does.</summary>
    public long? Continued => Continues ? Turn : null;
}
