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
            if (response.Content.Headers.ContentType?.MediaType != "application/xml") return response;
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
