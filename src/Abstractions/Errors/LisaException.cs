namespace LisaOrleans;

/// <summary>Something that whoever uses a cluster may want to handle. What is wrong in particular is in the derived types.</summary>
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
