namespace LisaOrleans.Silo;

/// <summary>The program's version.</summary>
public static class SiloVersion
{
    /// <value>The version, with the commit that it was built from if that is known.</value>
    public static string Own => ClusterTraits.OwnVersion;
}
