namespace LisaOrleans;

/// <summary>Where the state of loaded parts came from. What a silo held already is in neither number.</summary>
[GenerateSerializer, Immutable, Alias("lisa.LoadCount")]
public sealed record LoadCount
{
    /// <summary>Parts that came straight from the silo that held them before.</summary>
    [Id(0)] public int HandedOverParts { get; init; }

    /// <summary>Bytes of their state.</summary>
    [Id(1)] public long HandedOverBytes { get; init; }

    /// <summary>Parts that were read from the blob store.</summary>
    [Id(2)] public int StoreParts { get; init; }

    /// <summary>Bytes of their blobs.</summary>
    [Id(3)] public long StoreBytes { get; init; }

    /// <summary>With some more.</summary>
    public LoadCount Add(IEnumerable<PartLoaded> loaded) => loaded.Aggregate(this, (count, part) => part.Source switch
    {
        PartSource.HandedOver =>
            count with { HandedOverParts = count.HandedOverParts + 1, HandedOverBytes = count.HandedOverBytes + part.Bytes },
        PartSource.Store => count with { StoreParts = count.StoreParts + 1, StoreBytes = count.StoreBytes + part.Bytes },
        _ => count,
    });
}
