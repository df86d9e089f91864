namespace LisaOrleans.Training;

/// <summary>The live silos cannot hold the run. Another silo may come: the run waits before it gives up.</summary>
public sealed class NoRoomException(string message) : Exception(message);
