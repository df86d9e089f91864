namespace LisaOrleans.Checkpoints;

/// <summary>Files that may be links, as those of Hugging Face's cache are.</summary>
public static class LinkedFile
{
    /// <summary>The file that a path leads to: for a link its target, which has the file's length and time.</summary>
    public static FileInfo Resolve(string path) => (FileInfo?)new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) ?? new FileInfo(path);
}
