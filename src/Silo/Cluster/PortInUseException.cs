namespace LisaOrleans.Silo;

/// <summary>A silo's port is in use.</summary>
public sealed class PortInUseException(string message) : Exception(message);
