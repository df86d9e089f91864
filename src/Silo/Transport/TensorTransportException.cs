namespace LisaOrleans.Silo;

/// <summary>A tensor could not be fetched from another silo.</summary>
public sealed class TensorTransportException(string message, Exception? inner = null) : IOException(message, inner)
{
    internal TensorFault Fault { get; init; }
}
