namespace LisaOrleans.Checkpoints;

/// <summary>A store's location is wrong, or nothing answers there. The message holds no secret.</summary>
public sealed class StoreLocationException(string message) : Exception(message);
