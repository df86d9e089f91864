using System.Collections.Immutable;
using System.Net;

namespace LisaOrleans.Silo.Tests;

public sealed class LostSilosTests
{
    private static readonly SiloAddress s_stays = SiloAddress.New(IPAddress.Loopback, 1, 1);
    private static readonly SiloAddress s_goes = SiloAddress.New(IPAddress.Loopback, 2, 1);

    private readonly LostSilos _losses = new();
    private long _version;

    [Theory]
    [InlineData(SiloStatus.Active)]
    [InlineData(SiloStatus.ShuttingDown)]
    [InlineData(SiloStatus.Stopping)]
    public void Next_silo_that_died_at_work_or_leaving_is_lost_once(SiloStatus before)
    {
        Assert.Empty(Next(SiloStatus.Active));
        Assert.Empty(Next(before));
        Assert.Equal([s_goes], Next(SiloStatus.Dead));
        Assert.Empty(Next(SiloStatus.Dead));
    }

    [Fact]
    public void Next_silo_that_was_dead_or_never_worked_is_not_lost()
    {
        Assert.Empty(Next(SiloStatus.Joining));
        Assert.Empty(Next(SiloStatus.Dead));
    }

    private IReadOnlyList<SiloAddress> Next(SiloStatus status) => _losses.Next(new ClusterMembershipSnapshot(
        ImmutableDictionary<SiloAddress, ClusterMember>.Empty
            .Add(s_stays, new ClusterMember(s_stays, SiloStatus.Active, "stays")).Add(s_goes, new ClusterMember(s_goes, status, "goes")),
        new MembershipVersion(++_version)));
}
