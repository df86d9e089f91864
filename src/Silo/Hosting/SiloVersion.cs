namespace LisaOrleans.Silo;

/// <summary>The program's version.</summary>
public static class SiloVersion
{
    /// <value>The version, with a hash of the sources that it was built from.</value>
    public static string Own => ClusterTraits.OwnVersion;
}
