namespace LisaOrleans.Grains;

/// <summary>What came of a pass of a micro-batch on the device.</summary>
/// <param name="Result">Its result.</param>
/// <param name="Order">The order that it had in the device's queue.</param>
/// <param name="Seconds">How long the device worked on it, without waiting; 0 where that was not measured.</param>
internal readonly record struct DevicePass<T>(T Result, WorkOrder Order, double Seconds);
