namespace LisaOrleans;

/// <summary>The model or the data of a run cannot be used: a file is missing, damaged, or of a kind that cannot be read.</summary>
[GenerateSerializer, Alias("lisa.InvalidTrainingInputException")]
public sealed class InvalidTrainingInputException : LisaException
{
    /// <summary>Says what is wrong.</summary>
    /// <param name="message">Names the file, and the line, field or tensor where there is one.</param>
    public InvalidTrainingInputException(string message) : base(message)
    {
    }
}
