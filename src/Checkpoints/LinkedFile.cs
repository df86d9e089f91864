namespace LisaOrleans.Checkpoints;

/// <summary>Files that may be links, as those of Hugging Face's cache are.</summary>
public static class LinkedFile
{
    /// <summary>The file that a path leads to: of a link its target, whose length and time are the file's.</summary>
    public static FileInfo Resolve(string path) => (FileInfo?)new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) ?? new FileInfo(path);
}
