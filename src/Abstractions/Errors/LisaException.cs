namespace LisaOrleans;

/// <summary>An error that users of a cluster may want to handle. The derived types say what is wrong in particular.</summary>
[GenerateSerializer, Alias("lisa.LisaException")]
public abstract class LisaException : Exception
{
    /// <summary>With a message for people.</summary>
    /// <param name="message">One sentence: what is wrong, and what would be right.</param>
    protected LisaException(string message) : base(message)
    {
    }

    /// <summary>With a message for people, and what led to it.</summary>
    /// <param name="message">One sentence: what is wrong, and what would be right.</param>
    /// <param name="inner">What happened.</param>
    protected LisaException(string message, Exception inner) : base(message, inner)
    {
    }
}
