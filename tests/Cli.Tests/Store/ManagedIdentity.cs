using System.Buffers.Text;
using System.Net;
using System.Text;

namespace LisaOrleans.Cli.Tests;

/// <summary>
/// The endpoint at which a machine of Azure asks for tokens of its identity, as App Service has it. Azurite looks at a token's issuer,
/// audience and times, and at nothing that only Azure could have signed.
/// </summary>
internal sealed class ManagedIdentity : IDisposable
{
    private const string Secret = "the-header-of-the-endpoint";

    private readonly HttpListener _listener = new();
    private readonly bool _refuses;
    private int _asked;

    private ManagedIdentity(bool refuses)
    {
        _refuses = refuses;
        Address = $"http://127.0.0.1:{Ports.Free()}/";
        _listener.Prefixes.Add(Address);
        _listener.Start();
        _ = ServeAsync();
    }

    public string Address { get; }

    /// <summary>How many tokens were asked for.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>What tells the program of it.</summary>
    public IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>
    {
        ["IDENTITY_ENDPOINT"] = Address,
        ["IDENTITY_HEADER"] = Secret,
    };

    public static ManagedIdentity Start(bool refuses = false) => new(refuses);

    public void Dispose() => _listener.Close();

    private static string Token()
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        return $"{Part("""{"alg":"RS256","typ":"JWT"}""")}."
            + Part(
                $$"""
                {"aud":"https://storage.azure.com","iss":"https://sts.windows.net/t/","iat":{{now - 60}},"nbf":{{now - 60}},"exp":{{now + 3600}}}
                """)
            + $".{Part("signature")}";
    }

    private static string Part(string text) => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(text));

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext call;
            try
            {
                call = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            Interlocked.Increment(ref _asked);
            var refused = _refuses || call.Request.Headers["X-IDENTITY-HEADER"] != Secret;
            var answer = refused
                ? """{"statusCode":400,"message":"No User Assigned or Delegated Managed Identity found"}"""
                : $$"""{"access_token":"{{Token()}}","expires_on":"{{DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3600}}","token_type":"Bearer"}""";
            (call.Response.StatusCode, call.Response.ContentType) = (refused ? 400 : 200, "application/json");
            await call.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer));
            call.Response.Close();
        }
    }
}
