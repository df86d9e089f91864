using Amazon.Runtime;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// Makes the HTTP clients of S3. Their writes do not wait for a server's leave to send the bytes (Expect: 100-continue), as the
/// SDK's own would: that costs a round trip each time, and Ceph's gateway loses count of its answers when it refuses such a write.
/// </summary>
/// <param name="inner">What requests go through; null for a connection pool of their own.</param>
internal sealed class S3Http(HttpMessageHandler? inner) : HttpClientFactory
{
    // Addresses of a service change while a run trains for days.
    private readonly HttpMessageHandler _inner = inner ?? new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(10) };

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) =>
        new(new AtOnce(_inner), disposeHandler: false) { Timeout = clientConfig.Timeout ?? Timeout.InfiniteTimeSpan };

    private sealed class AtOnce(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.ExpectContinue = false;
            var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            var type = response.Content.Headers.ContentType?.MediaType;
            if (response.IsSuccessStatusCode && type is not ("application/xml" or "text/xml")) return response;

            // The SDK lets go of such answers half read when it is cancelled, and what is left of them then comes as the next answer.
            try
            {
                await response.Content.LoadIntoBufferAsync(cancellationToken).ConfigureAwait(false);
                return response;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }
}
