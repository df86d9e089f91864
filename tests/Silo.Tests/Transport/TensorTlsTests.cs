using static TorchSharp.torch;

namespace LisaOrleans.Silo.Tests;

/// <summary>Tensors under TLS: the same bytes, and nothing for who has no certificate of the cluster's authority.</summary>
[Collection(nameof(TensorNode))]
public sealed class TensorTlsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestAuthority _authority;

    public TensorTlsTests() => _authority = new TestAuthority(_folder.Root, "ours");

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(131_073)]
    [InlineData(5_000_000)]
    public async Task Claim_under_tls_has_the_bytes_it_was_sent_with_on_kept_connections(long size)
    {
        await using var holder = Node(_authority.Issue("holder"));
        await using var claimant = Node(_authority.Issue("claimant"));
        await using var proxy = new TcpProxy(TensorNode.EndPoint(holder.Publish(zeros(1))));
        for (var i = 0; i < 3; i++)
        {
            var tensor = randn(size);
            var sent = TensorNode.Bytes(tensor);
            using var received = await claimant.Claim(TensorNode.Through(proxy.EndPoint, holder.Publish(tensor)));
            Assert.True(sent.AsSpan().SequenceEqual(TensorNode.Bytes(received)));
        }

        Assert.Equal(1, proxy.Connections);
    }

    [Fact]
    public async Task Claim_from_a_holder_that_is_not_of_the_authority_is_refused_with_the_reason()
    {
        using var theirs = new TestAuthority(_folder.Root, "theirs");
        await using var claimant = Node(_authority.Issue("claimant"));
        await using var foreign = Node(theirs.Issue("foreign"));
        await Refused(claimant, foreign, "the certificate CN=foreign was not issued by an authority in ");
        await using var misnamed = Node(_authority.Issue("misnamed", address: "10.9.9.9"));
        await Refused(claimant, misnamed, "its certificate CN=misnamed is not for '127.0.0.1' but for 10.9.9.9");
        await using var clear = new TensorNode();
        await Refused(claimant, clear, "TLS was broken off");
    }

    [Fact]
    public async Task Claim_by_who_has_no_certificate_or_a_foreign_one_gets_nothing()
    {
        using var theirs = new TestAuthority(_folder.Root, "theirs");
        await using var holder = Node(_authority.Issue("holder"));
        await using var clear = new TensorNode();
        await Refused(clear, holder, "");
        var foreign = theirs.Issue("foreign");
        await using var trusting = Node(foreign with { AuthorityFile = Both(foreign) });
        await Refused(trusting, holder, "");
        Assert.Equal(2, holder.Exchange.Count);
    }

    private static TensorNode Node(ClusterTlsOptions tls) => new(o => o with { Tls = new TlsCredentials(tls), Retries = 1 });

    private static async Task Refused(TensorNode claimant, TensorNode holder, string reason)
    {
        var error = await Assert.ThrowsAsync<TensorTransportException>(() => claimant.Claim(holder.Publish(zeros(3))));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    // Trusts the holder, so that only the holder refuses.
    private string Both(ClusterTlsOptions foreign)
    {
        var file = _folder["both.pem"];
        File.WriteAllText(file, File.ReadAllText(foreign.AuthorityFile) + "\n" + File.ReadAllText(_authority.Issue("x").AuthorityFile));
        return file;
    }
}
