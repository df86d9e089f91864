namespace LisaOrleans.Api;

/// <summary>Something that was read from files, and is read again when they change.</summary>
internal interface IRenewed
{
    /// <summary>Its files; null if it was not read from files.</summary>
    WatchedFiles? Files { get; }

    /// <summary>Reads them again. If they are wrong, what was read before stays in use.</summary>
    void ReadAgain();
}
