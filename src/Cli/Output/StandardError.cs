namespace LisaOrleans.Cli;

/// <summary>Standard error, which nobody may be reading any more: the terminal has hung up.</summary>
internal static class StandardError
{
    /// <summary>Writes text, or nothing where it cannot be written: that is no reason to end otherwise.</summary>
    public static void Write(string text)
    {
        try
        {
            Console.Error.Write(text);
        }
        catch (IOException)
        {
            // There is nobody to tell.
        }
    }

    /// <summary>The same with the end of a line.</summary>
    public static void WriteLine(string line) => Write(line + Environment.NewLine);
}
