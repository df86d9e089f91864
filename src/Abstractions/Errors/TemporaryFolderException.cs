namespace LisaOrleans;

/// <summary>The folder for temporary files takes none: it is full, read-only, or not there. Tokens and uploads pass through it.</summary>
public sealed class TemporaryFolderException : IOException
{
    /// <summary>Says what is wrong with the folder, and what to do.</summary>
    /// <param name="inner">What the system said.</param>
    public TemporaryFolderException(Exception inner)
        : base(
            $"{Path.GetTempPath()} takes no temporary files: {inner.Message}; free some space there, or set TMPDIR to a folder that takes them",
            inner)
    {
    }

    /// <summary>Whether a failure to make or to write a temporary file is the folder's.</summary>
    public static bool Is(Exception failure) => failure is IOException and not TemporaryFolderException or UnauthorizedAccessException;
}
