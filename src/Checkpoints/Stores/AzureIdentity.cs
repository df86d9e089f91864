using Azure.Core;
using Azure.Identity;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// The identity of this machine or user, as <c>DefaultAzureCredential</c> finds it. Where there is none, that takes the better part of a
/// minute to say so, longer than a try of a store may last; so the first token has to come sooner.
/// </summary>
/// <param name="inner">Asks for tokens.</param>
/// <param name="patience">How long the first token may take.</param>
internal sealed class AzureIdentity(TokenCredential inner, TimeSpan patience) : TokenCredential
{
    // All clients share its cache of tokens.
    private static readonly Lazy<AzureIdentity> s_default = new(() => new(
        new DefaultAzureCredential(new DefaultAzureCredentialOptions
        {
            Retry = { MaxRetries = 1, NetworkTimeout = TimeSpan.FromSeconds(5) },
            CredentialProcessTimeout = TimeSpan.FromSeconds(10),
        }),
        TimeSpan.FromSeconds(15)));

    private volatile bool _hadToken;

    /// <summary>This process's.</summary>
    public static TokenCredential Default => s_default.Value;

    /// <inheritdoc/>
    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        inner.GetToken(requestContext, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (!_hadToken) limit.CancelAfter(patience);
        try
        {
            // Not all that it asks can be cancelled.
            var token = await inner.GetTokenAsync(requestContext, limit.Token).AsTask().WaitAsync(limit.Token).ConfigureAwait(false);
            _hadToken = true;
            return token;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CredentialUnavailableException($"no token came within {patience.TotalSeconds:0} s", e);
        }
    }
}
