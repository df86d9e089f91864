using System.Net;

namespace LisaOrleans.Silo;

/// <summary>Where a silo listens, if others reach it elsewhere: behind NAT, or through a container's published ports.</summary>
/// <param name="Address">An address of this machine, or a wildcard that stands for all of them.</param>
/// <param name="SiloPort">Port for other silos.</param>
/// <param name="GatewayPort">Port for clients.</param>
/// <param name="TensorPort">Port for tensors; 0 for any free one.</param>
public sealed record SiloListening(IPAddress Address, int SiloPort, int GatewayPort, int TensorPort);
