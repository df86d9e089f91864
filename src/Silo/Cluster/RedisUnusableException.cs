namespace LisaOrleans.Silo;

/// <summary>A cluster's Redis does not answer, or refuses. The message holds no secret.</summary>
public sealed class RedisUnusableException(string message) : Exception(message);
