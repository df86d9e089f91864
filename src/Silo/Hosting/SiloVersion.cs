namespace LisaOrleans.Silo;

/// <summary>The program's version.</summary>
public static class SiloVersion
{
    /// <value>With the commit that it was built from, where that is known.</value>
    public static string Own => ClusterTraits.OwnVersion;
}
