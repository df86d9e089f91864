namespace LisaOrleans.Data;

/// <summary>
/// The text of a growing sequence of ids: its pieces add up to what <see cref="ITokenizer.Decode"/> makes of all of them.
/// The work for an id does not grow with the ids before it.
/// </summary>
public interface ITextStream
{
    /// <summary>Adds an id; returns the text that is certain now, maybe none, and never half a character.</summary>
    string Push(int id);

    /// <summary>What is left at the end, after which nothing may follow.</summary>
    string Flush();
}
