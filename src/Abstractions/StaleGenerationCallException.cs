namespace LisaOrleans;

/// <summary>A call came from a generation of the run that a recovery has since replaced.</summary>
[GenerateSerializer, Alias("lisa.StaleGenerationCallException")]
public sealed class StaleGenerationCallException : Exception
{
    /// <summary>Names the part and both generations.</summary>
    public StaleGenerationCallException(string part, long given, long current)
        : base($"{part}: generation {given} was replaced by {current}")
    {
    }
}
