namespace LisaOrleans.Training;

/// <summary>Machines of one kind in a <see cref="ClusterShape"/>.</summary>
/// <param name="Count">How many.</param>
/// <param name="OnGpu">Whether they compute on a GPU.</param>
/// <param name="MemoryBytes">What each offers to tensors; 0 for no limit.</param>
/// <param name="MultiplyAddsPerSecond">What each really does of a step's arithmetic, which is less than its data sheet says.</param>
public sealed record MachineKind(int Count, bool OnGpu, long MemoryBytes, double MultiplyAddsPerSecond);
