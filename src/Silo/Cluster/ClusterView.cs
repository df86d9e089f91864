using System.Globalization;
using LisaOrleans.Checkpoints;
using LisaOrleans.Grains;
using LisaOrleans.Training;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace LisaOrleans.Silo;

/// <summary>The cluster as its membership table and the silos' metadata show it.</summary>
internal sealed class ClusterView(
    IClusterMembershipService membership, ISiloMetadataCache metadata, ILocalSiloDetails silo, IOptions<ClusterOptions> options) : IClusterView
{
    public string? ClusterId => options.Value.ClusterId;

    public RunHolder Holder => RunHolder.ThisProcess with
    {
        Id = silo.SiloAddress.ToParsableString(),
        Cluster = ClusterId,
        IsPeer = id => membership.CurrentSnapshot.Members.Keys.Any(s => s.ToParsableString() == id),
    };

    public IReadOnlyList<TrainingSilo> TrainingSilos() =>
    [
        .. membership.CurrentSnapshot.Members.Values
            .Where(m => m.Status == SiloStatus.Active && HasRole(metadata, m.SiloAddress, SiloRoles.Gpu))
            .Select(
                m => new TrainingSilo(
                    m.SiloAddress.ToParsableString(), Number(m.SiloAddress, SiloRoles.MemoryKey), (int)Number(m.SiloAddress, SiloRoles.ThreadsKey),
                (int)Number(m.SiloAddress, SiloRoles.MaxRunsKey))
                {
                    OnGpu = Text(m.SiloAddress, SiloRoles.DeviceKey).StartsWith("cuda", StringComparison.Ordinal),
                    Kind = Text(m.SiloAddress, SiloRoles.KindKey) is { Length: > 0 } kind ? kind : null,
                    Rates = TrainingDevice.ReadRates(Text(m.SiloAddress, SiloRoles.RatesKey)),
                    IsMemoryFound = Text(m.SiloAddress, SiloRoles.MemoryFoundKey) == bool.TrueString,
                })
            .OrderBy(s => s.Address, StringComparer.Ordinal),
    ];

    public IReadOnlyList<SiloMember> Members() =>
    [
        .. membership.CurrentSnapshot.Members.Values
            .Where(m => m.Status is not (SiloStatus.None or SiloStatus.Created))
            .Select(m => new SiloMember(
                m.SiloAddress.ToParsableString(), State(m.Status), Roles(m.SiloAddress),
                Number(m.SiloAddress, SiloRoles.MemoryKey), (int)Number(m.SiloAddress, SiloRoles.ThreadsKey),
                metadata.GetSiloMetadata(m.SiloAddress).Metadata.GetValueOrDefault(SiloRoles.VersionKey)))
            .OrderBy(m => m.Address, StringComparer.Ordinal),
    ];

    internal static bool HasRole(ISiloMetadataCache metadata, SiloAddress silo, string role) =>
        metadata.GetSiloMetadata(silo).Metadata.TryGetValue(SiloRoles.RolesKey, out var roles) && roles.Split(',').Contains(role);

    private static MemberState State(SiloStatus status) => status switch
    {
        SiloStatus.Joining => MemberState.Joining,
        SiloStatus.Active => MemberState.Active,
        SiloStatus.ShuttingDown or SiloStatus.Stopping => MemberState.Leaving,
        _ => MemberState.Dead,
    };

    private string[] Roles(SiloAddress silo) =>
        metadata.GetSiloMetadata(silo).Metadata.TryGetValue(SiloRoles.RolesKey, out var roles) ? roles.Split(',') : [];

    private string Text(SiloAddress silo, string key) => metadata.GetSiloMetadata(silo).Metadata.GetValueOrDefault(key, "");

    private long Number(SiloAddress silo, string key) =>
        metadata.GetSiloMetadata(silo).Metadata.TryGetValue(key, out var text)
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
