using System.Reflection;

namespace LisaOrleans.Silo;

/// <summary>What all silos of a cluster must have in common. They tell each other through the cluster's mark.</summary>
/// <param name="Version">The program's version, with a hash of the sources that it was built from.</param>
/// <param name="Tls">Whether they encrypt what they say to each other.</param>
public sealed record ClusterTraits(string Version, bool Tls)
{
    private const string TlsWord = " tls";
    private const string StoreWord = " store ";
    private const string EndFirst = "end those first (half a minute after the last one this is forgotten)";

    /// <value>The blob store that they share; null (default) where that is not known, which goes with any.</value>
    public StoreDescription? Store { get; init; }

    /// <summary>This program's version.</summary>
    public static string OwnVersion { get; } =
        typeof(ClusterTraits).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            + "+" + SourcesHash.Value;

    /// <summary>The traits of a silo of this program.</summary>
    /// <param name="tls">Whether it encrypts.</param>
    public static ClusterTraits Own(bool tls) => new(OwnVersion, tls);

    /// <summary>Makes these the cluster's traits if the cluster has no silo yet.</summary>
    /// <returns>The cluster's traits.</returns>
    /// <exception cref="MembershipUnusableException">The cluster has silos with other traits.</exception>
    internal async Task<ClusterTraits> ClaimAsync(IClusterMark mark, string clusterId)
    {
        var theirs = Parse(await mark.ClaimAsync(ToString(), instead: (this with { Store = null }).ToString()).ConfigureAwait(false));
        CheckAgainst(theirs, clusterId);
        return theirs;
    }

    /// <summary>Compares these with the cluster's traits, for one who does not join: nothing is set.</summary>
    /// <returns>The cluster's traits; these where it has none.</returns>
    /// <exception cref="MembershipUnusableException">The cluster has silos with other traits.</exception>
    internal async Task<ClusterTraits> LookAsync(IClusterMark mark, string clusterId)
    {
        await mark.ProbeAsync().ConfigureAwait(false);
        if (await mark.ReadAsync().ConfigureAwait(false) is not { } text) return this;
        var theirs = Parse(text);
        CheckAgainst(theirs, clusterId);
        return theirs;
    }

    /// <summary>Refuses traits that differ from those of a cluster's silos.</summary>
    /// <exception cref="MembershipUnusableException">They differ.</exception>
    internal void CheckAgainst(ClusterTraits theirs, string clusterId)
    {
        if (theirs.Version != Version)
        {
            throw Refusal(
                $"the silos of cluster '{clusterId}' are of version {theirs.Version}, and this one is of {Version}; {EndFirst}, "
                + "or use another --cluster-id");
        }

        if (theirs.Tls != Tls)
        {
            throw Refusal(
                $"the silos of cluster '{clusterId}' "
                + (theirs.Tls ? "use TLS, and this one does not; give it" : "do not use TLS, and this one does; start it without")
                + $" --cluster-tls-certificate and --cluster-tls-ca, {EndFirst}, or use another --cluster-id");
        }

        if (Store is not null && theirs.Store is not null && theirs.Store.Id != Store.Id)
        {
            throw Refusal(
                $"{Store.Location} is not the store of cluster '{clusterId}'; its silos use {theirs.Store.Location}"
                + (Store.Location != theirs.Store.Location ? $"; name that one, or {EndFirst}"
                    : Store.Id.Length > 0 ? $", which is another one under the same name: is it mounted here? Or {EndFirst}"
                    : ", where they found a store.json, and here is none: is it mounted here? If it was deleted, bring it back from a "
                        + $"copy, or {EndFirst}"),
                isOtherStore: true);
        }

        static MembershipUnusableException Refusal(string message, bool isOtherStore = false) =>
            new(message) { IsOfMark = true, IsOtherStore = isOtherStore };
    }

    /// <summary>The traits as they are written in the mark.</summary>
    public override string ToString() =>
        Version + (Tls ? TlsWord : "") + (Store is null ? "" : $"{StoreWord}{Store.Id} {Store.Location}");

    // A location may have spaces; what comes before it has none.
    private static ClusterTraits Parse(string text)
    {
        var parts = text.Split(StoreWord, 2);
        var tls = parts[0].EndsWith(TlsWord, StringComparison.Ordinal);
        return new ClusterTraits(tls ? parts[0][..^TlsWord.Length] : parts[0], tls)
        {
            Store = parts is [_, var store] && store.Split(' ', 2) is [var id, var location] ? new StoreDescription(id, location) : null,
        };
    }
}
