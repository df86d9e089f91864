using Azure;
using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Time.Testing;
using Microsoft.Identity.Client;

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>An identity that gets no token.</summary>
public sealed class AzureIdentityTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, bool> Failures => new()
    {
        { "expired", true },
        { "removed", true },
        { "wrong", true },
        { "busy", false },
        { "unreachable", false },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task GetDocumentAsync_identity_without_a_token_is_refused_where_it_does_not_pass(string what, bool isRefused)
    {
        var identity = new Identity((_, _) => throw Failure(what));
        var time = new FakeTimeProvider();
        var options = new BlobClientOptions { Retry = { MaxRetries = 0 } };
        var container = new BlobContainerClient(new Uri("https://account.blob.example.org/c"), identity, options);
        var store = new ResilientBlobStore(new AzureBlobStore(container), new ResilienceOptions { Retries = 2 }, time);

        var call = store.GetDocumentAsync("d", Token);
        await Until.True(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return call.IsCompleted;
        });

        var e = await Assert.ThrowsAnyAsync<IOException>(() => call);
        Assert.Equal((isRefused, isRefused ? 1 : 3), (e is StoreRefusedException, identity.Asked));
        Assert.StartsWith("https://account.blob.example.org/c: no identity can be had (no token); ", e.Message, StringComparison.Ordinal);
        Assert.Contains(AzureFailures.Identities, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetTokenAsync_first_token_has_to_come_in_time_and_later_ones_may_take_longer()
    {
        var context = new TokenRequestContext(["scope"]);
        var never = new AzureIdentity(new Identity((_, _) => new TaskCompletionSource<AccessToken>().Task), TimeSpan.FromMilliseconds(10));
        await Assert.ThrowsAsync<CredentialUnavailableException>(() => never.GetTokenAsync(context, Token).AsTask());

        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => never.GetTokenAsync(context, cancelled.Token).AsTask());

        var token = new AccessToken("t", DateTimeOffset.MaxValue);
        var slow = new Identity(async (asked, cancel) =>
        {
            if (asked > 1) await Task.Delay(TimeSpan.FromMilliseconds(400), cancel);
            return token;
        });
        var later = new AzureIdentity(slow, TimeSpan.FromMilliseconds(200));
        for (var i = 0; i < 2; i++) Assert.Equal(token, await later.GetTokenAsync(context, Token));
    }

    private static AuthenticationFailedException Failure(string what) => what switch
    {
        "expired" => new("no token. More.", new MsalServiceException("x", "AADSTS7000222: The provided client secret keys are expired.")),
        "wrong" => new("no token. More.", new MsalServiceException("invalid_grant", "no", 401)),
        "removed" => new CredentialUnavailableException(
            "no token\nmore", new AggregateException(new CredentialUnavailableException("x"), new RequestFailedException(400, "none"))),
        "busy" => new("no token. More.", new MsalServiceException("temporarily_unavailable", "later", 503)),
        _ => new CredentialUnavailableException("no token", new AggregateException(new CredentialUnavailableException("x"))),
    };

    private sealed class Identity(Func<int, CancellationToken, Task<AccessToken>> get) : TokenCredential
    {
        public int Asked { get; private set; }

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(get(++Asked, cancellationToken));
    }
}
