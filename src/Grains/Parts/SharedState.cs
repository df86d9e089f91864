namespace LisaOrleans.Grains;

/// <summary>The copy of a part's state, if there is one, that may still be the part's own memory. On the device's thread.</summary>
internal sealed class SharedState
{
    private PartCopy? _copy;

    /// <summary>Notes a copy that was just taken; the one before is stored by now, or was given up.</summary>
    public PartCopy Share(PartCopy copy)
    {
        Separate();
        return _copy = copy;
    }

    /// <summary>To be called before the part's tensors are written to.</summary>
    public void Separate()
    {
        _copy?.Separate();
        _copy = null;
    }
}
