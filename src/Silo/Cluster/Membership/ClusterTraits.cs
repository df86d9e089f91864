using System.Reflection;

namespace LisaOrleans.Silo;

/// <summary>What all silos of a cluster must have in common. They tell each other through the cluster's mark.</summary>
/// <param name="Version">The program's version, with the commit that it was built from where that is known.</param>
/// <param name="Tls">Whether they encrypt what they say to each other.</param>
public sealed record ClusterTraits(string Version, bool Tls)
{
    private const string TlsWord = " tls";

    /// <summary>This program's version.</summary>
    public static string OwnVersion { get; } =
        typeof(ClusterTraits).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The traits of a silo of this program.</summary>
    /// <param name="tls">Whether it encrypts.</param>
    public static ClusterTraits Own(bool tls) => new(OwnVersion, tls);

    /// <summary>Makes these the cluster's traits if the cluster has no silo yet.</summary>
    /// <exception cref="MembershipUnusableException">The cluster has silos with other traits.</exception>
    internal async Task ClaimAsync(IClusterMark mark, string clusterId)
    {
        var theirs = Parse(await mark.ClaimAsync(ToString()).ConfigureAwait(false));
        if (theirs.Version != Version)
        {
            throw new MembershipUnusableException(
                $"the silos of cluster '{clusterId}' are of version {theirs.Version}, and this one is of {Version}; "
                + "end those first (half a minute after the last one this is forgotten), or use another --cluster-id");
        }

        if (theirs.Tls != Tls)
        {
            throw new MembershipUnusableException(
                $"the silos of cluster '{clusterId}' "
                + (theirs.Tls ? "use TLS, and this one does not; give it" : "do not use TLS, and this one does; start it without")
                + " --cluster-tls-certificate and --cluster-tls-ca, or use another --cluster-id");
        }
    }

    /// <summary>The traits as they are written in the mark.</summary>
    public override string ToString() => Tls ? Version + TlsWord : Version;

    private static ClusterTraits Parse(string text) =>
        text.EndsWith(TlsWord, StringComparison.Ordinal) ? new(text[..^TlsWord.Length], true) : new(text, false);
}
