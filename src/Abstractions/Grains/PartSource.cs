namespace LisaOrleans;

/// <summary>Where a part's state came from when it was loaded.</summary>
[GenerateSerializer, Alias("lisa.PartSource")]
public enum PartSource
{
    /// <summary>It was there already.</summary>
    Kept,

    /// <summary>From the silo that held the part before.</summary>
    HandedOver,

    /// <summary>From the blob store.</summary>
    Store,
}
