using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace LisaOrleans.Checkpoints.Tests;

/// <summary><see cref="HttpFaults"/> before Azure.</summary>
internal sealed class AzureFaults : HttpFaults
{
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
}
