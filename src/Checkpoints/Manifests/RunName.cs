namespace LisaOrleans.Checkpoints;

/// <summary>What a run may be called. Names become paths, so they are checked wherever they enter.</summary>
public static class RunName
{
    private const int MaxLength = 100;

    /// <summary>Whether a name is right.</summary>
    public static bool IsValid(string name) => name.Length is > 0 and <= MaxLength && name[0] != '.'
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>Throws unless a name is right.</summary>
    /// <exception cref="ArgumentException">It is not; the message says which names are.</exception>
    public static void Validate(string name)
    {
        if (!IsValid(name))
        {
            throw new ArgumentException(
                $"run name '{name}': letters, digits, '.', '_' and '-' only, at most {MaxLength}, not beginning with '.'");
        }
    }
}
