using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>What may stand between a client and Azure: requests go to the real emulator, unless a test says otherwise.</summary>
internal sealed class AzureFaults() : DelegatingHandler(new HttpClientHandler())
{
    private int _requests;

    public int Requests => Volatile.Read(ref _requests);

    /// <value>Called with each request and its number from 1; answers in the service's place, or does not.</value>
    public Func<HttpRequestMessage, int, Task<HttpResponseMessage?>>? Before { get; set; }

    /// <value>Called with each answer of the service; may put another in its place.</value>
    public Func<HttpResponseMessage, int, Task<HttpResponseMessage>>? After { get; set; }

    /// <summary>As <see cref="BlobStores"/> sets them: no repetition of the client's own.</summary>
    public static BlobClientOptions Options(HttpMessageHandler? handler = null)
    {
        var options = new BlobClientOptions { Retry = { MaxRetries = 0 } };
        if (handler is not null) options.Transport = new HttpClientTransport(handler);
        return options;
    }

    /// <summary>An error as the service writes it.</summary>
    public static HttpResponseMessage Error(int status, string code) => new((System.Net.HttpStatusCode)status)
    {
        Headers = { { "x-ms-error-code", code } },
        Content = new StringContent(
            $"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>injected</Message></Error>", System.Text.Encoding.UTF8, "application/xml"),
    };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _requests);
        if (Before is not null && await Before(request, number).WaitAsync(cancellationToken) is { } answer)
        {
            answer.RequestMessage = request;
            return answer;
        }

        var response = await base.SendAsync(request, cancellationToken);
        return After is null ? response : await After(response, number);
    }
}
