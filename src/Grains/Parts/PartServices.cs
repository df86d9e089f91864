using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Grains;

/// <summary>What every part grain needs of its silo.</summary>
/// <param name="Worker">The device's thread.</param>
/// <param name="Exchange">Where tensors change hands.</param>
/// <param name="Store">The blob store.</param>
/// <param name="Receiver">Takes parts over from other silos.</param>
/// <param name="LocalParts">Parts on this silo.</param>
/// <param name="Silo">This silo.</param>
/// <param name="Scratch">Where the device's layers unpack weights.</param>
/// <param name="Options">How runs behave.</param>
public sealed record PartServices(
    IDeviceWorker Worker, ITensorExchange Exchange, IBlobStore Store, PartReceiver Receiver, LocalParts LocalParts, ILocalSiloDetails Silo,
    WeightScratch Scratch, RunOptions Options);
