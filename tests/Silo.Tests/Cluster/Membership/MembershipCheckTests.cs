using LisaOrleans.Checkpoints;

namespace LisaOrleans.Silo.Tests;

/// <summary>Who is refused by a cluster's mark, and for how long after the silos that set it.</summary>
public sealed class MembershipCheckTests : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly MarkedCluster _cluster = new();
    private readonly List<string> _waits = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> OthersMarks => new()
    {
        { "9.9.9", "are of version 9.9.9, and this one is of " },
        { $"{SiloVersion.Own} tls", "use TLS, and this one does not; give it --cluster-tls-certificate and --cluster-tls-ca, " },
        { $"{SiloVersion.Own} store 0123 /elsewhere", "is not the store of cluster 'c'; its silos use /elsewhere; " },
    };

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return _cluster.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(OthersMarks))]
    public async Task Join_is_refused_while_silos_with_other_traits_are_there(string mark, string says)
    {
        (_cluster.Mark, _cluster.Silos) = (mark, 1);
        var refusal = await Assert.ThrowsAsync<MembershipUnusableException>(() => JoinAsync("own"));
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("end those first (half a minute after the last one this is forgotten)", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(_waits);
        Assert.Equal(mark, _cluster.Mark);
    }

    [Theory]
    [MemberData(nameof(OthersMarks))]
    public async Task Join_waits_for_the_end_of_a_mark_whose_silos_are_gone_and_says_so(string mark, string says)
    {
        _cluster.Mark = mark;
        var join = JoinAsync("own");
        await Until.True(() => _waits.Count > 0);
        Assert.False(join.IsCompleted);
        Assert.Equal(mark, _cluster.Mark);

        _cluster.Mark = null;
        var own = await join;
        Assert.Equal(own.ToString(), _cluster.Mark);
        Assert.Equal(_folder["own"], own.Store?.Location);
        Assert.Contains(says, Assert.Single(_waits), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Join_of_two_at_once_makes_one_cluster()
    {
        var first = await JoinAsync("first");
        var second = JoinAsync("second");
        await Until.True(() => _waits.Count > 0);
        _cluster.Silos = 1;
        Assert.True((await Assert.ThrowsAsync<MembershipUnusableException>(() => second)).IsOtherStore);
        Assert.Equal(first.ToString(), _cluster.Mark);
    }

    [Theory]
    [MemberData(nameof(OthersMarks))]
    public async Task Look_sets_no_mark_and_minds_others_only_while_their_silos_are_there(string mark, string says)
    {
        var store = new FolderBlobStore(_folder["own"]);
        var own = ClusterTraits.Own(tls: false);
        Assert.Equal(own, await MembershipCheck.LookAsync(_cluster, MarkedCluster.Id, own, Token));
        Assert.False(await MembershipCheck.IsStoreOfAsync(_cluster, MarkedCluster.Id, own, store, Token));
        Assert.Null(_cluster.Mark);

        _cluster.Mark = mark;
        Assert.False(await MembershipCheck.IsStoreOfAsync(_cluster, MarkedCluster.Id, own, store, Token));
        _cluster.Silos = 1;
        var refusal = await Assert.ThrowsAsync<MembershipUnusableException>(
            () => MembershipCheck.IsStoreOfAsync(_cluster, MarkedCluster.Id, own, store, Token));
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(mark, _cluster.Mark);

        var id = (await StoreFormat.EnsureAsync(store, Token)).Id;
        _cluster.Mark = (own with { Store = new StoreDescription(id, store.Location) }).ToString();
        Assert.True(await MembershipCheck.IsStoreOfAsync(_cluster, MarkedCluster.Id, own, store, Token));
    }

    private Task<ClusterTraits> JoinAsync(string store) => MembershipCheck.JoinAsync(
        _cluster, MarkedCluster.Id, ClusterTraits.Own(tls: false), new FolderBlobStore(_folder[store]), _waits.Add, Token);
}
