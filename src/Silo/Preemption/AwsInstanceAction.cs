using System.Net;
using System.Text;
using System.Text.Json;

namespace LisaOrleans.Silo;

/// <summary>
/// AWS spot: instance-action of the instance metadata service, version 2. 404 until the machine is marked; after that it has
/// two minutes.
/// </summary>
public sealed class AwsInstanceAction(HttpClient http, Uri endpoint) : IPreemptionSource
{
    /// <summary>Where the service is on AWS's machines.</summary>
    public static Uri DefaultEndpoint { get; } = new("http://169.254.169.254/");

    /// <inheritdoc/>
    public string Name => "aws";

    /// <inheritdoc/>
    public async Task<PreemptionNotice?> PollAsync(CancellationToken cancellationToken)
    {
        using var login = new HttpRequestMessage(HttpMethod.Put, new Uri(endpoint, "latest/api/token"))
        {
            Headers = { { "X-aws-ec2-metadata-token-ttl-seconds", "60" } },
        };
        using var token = await http.SendAsync(login, cancellationToken).ConfigureAwait(false);
        token.EnsureSuccessStatusCode();

        // As bytes: reading text would throw another kind of exception if the answer names an encoding that does not exist.
        var value = Encoding.UTF8.GetString(await token.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false)).Trim();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(endpoint, "latest/meta-data/spot/instance-action"));
        request.Headers.TryAddWithoutValidation("X-aws-ec2-metadata-token", value);
        using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NotFound) return null;
        response.EnsureSuccessStatusCode();
        try
        {
            using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
            return new PreemptionNotice(
                Name, document.RootElement.GetProperty("time").GetString() ?? "", document.RootElement.GetProperty("action").GetString() ?? "");
        }
        catch (Exception e) when (NoticeFault.Is(e))
        {
            throw NoticeFault.Of("instance-action", e);
        }
    }

    /// <inheritdoc/>
    public Task ApproveAsync(PreemptionNotice notice, CancellationToken cancellationToken) => Task.CompletedTask;
}
