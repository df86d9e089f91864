using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LisaOrleans.Silo;

/// <summary>All that a silo answers over HTTP, in one place: whoever adds something adds a line here.</summary>
internal static class SiloHttp
{
    // JSON bodies are small; what may be larger says so itself.
    private const long MaxBodyBytes = 1 << 20;

    /// <summary>Where the server listens: beyond loopback only with keys.</summary>
    /// <param name="web">The web host.</param>
    /// <param name="host">The silo's address.</param>
    /// <param name="port">The port; 0 for any free one.</param>
    /// <param name="options">The server.</param>
    public static void Listen(IWebHostBuilder web, IPAddress host, int port, SiloHttpOptions options)
    {
        if (options.Certificate is not null) web.UseKestrelHttpsConfiguration();
        web.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            if (IPAddress.IsLoopback(host))
            {
                kestrel.Listen(host, port, Secure);
                return;
            }

            // Health probes and proxies of this machine come here, and need neither its address nor TLS.
            kestrel.Listen(IPAddress.Loopback, port);
            if (options.Keys is not null) kestrel.Listen(host, port, Secure);
        });

        void Secure(ListenOptions listen)
        {
            if (options.Certificate is { } certificate) listen.UseHttps(https => (https.ServerCertificate, https.ServerCertificateChain) = (certificate, options.CertificateChain));
        }
    }

    /// <summary>The services of all that is mapped.</summary>
    public static void Add(IServiceCollection services, SiloHttpOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddLisaApiKeys();
        services.AddLisaRequestLimits(options.RequestsPerMinute);
        services.AddLisaApi();
        services.AddLisaInference(new InferenceOptions { ModelsFolder = options.ModelsFolder });
        services.AddLisaReference();
    }

    /// <summary>Maps all endpoints. Whatever is not open to everybody needs a key, without saying so.</summary>
    public static void Map(WebApplication app)
    {
        app.UseMiddleware<ApiErrorMiddleware>();
        app.UseMiddleware<LocalRequestMiddleware>();
        app.UseRouting();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.MapLisaHealth();
        app.MapLisaTelemetry();
        app.MapLisaDashboard();
        app.MapLisaApi();
        app.MapLisaCompletions();
        app.MapLisaReference();
    }
}
