namespace LisaOrleans.Api;

/// <summary>Something that was read from files, and is read again when they change.</summary>
internal interface IRenewed
{
    /// <summary>Its files; null where it is from none.</summary>
    WatchedFiles? Files { get; }

    /// <summary>Reads them again. Where they are wrong, what was read before stays.</summary>
    void ReadAgain();
}
