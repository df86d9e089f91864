namespace LisaOrleans.Grains;

/// <summary>Finds a part's grain by the part's name.</summary>
internal static class PartGrains
{
    public static IPartGrain Get(IGrainFactory grains, string run, string part, string silo)
    {
        var key = PartName.Key(run, part, silo);
        return part switch
        {
            PartName.Embedding => grains.GetGrain<IEmbeddingGrain>(key),
            PartName.Head => grains.GetGrain<IHeadGrain>(key),
            _ => grains.GetGrain<ILayerGrain>(key),
        };
    }
}
