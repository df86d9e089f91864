using System.Net;

namespace LisaOrleans.Silo;

/// <summary>Where a silo listens, if that is not where others reach it: behind NAT, or with a container's published ports.</summary>
/// <param name="Address">An address of this machine, or one that stands for all of them.</param>
/// <param name="SiloPort">Port for other silos.</param>
/// <param name="GatewayPort">Port for clients.</param>
/// <param name="TensorPort">Port for tensors; 0 for any free one.</param>
public sealed record SiloListening(IPAddress Address, int SiloPort, int GatewayPort, int TensorPort);
