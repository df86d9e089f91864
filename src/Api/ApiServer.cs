using System.Net;
using System.Net.Security;
using LisaOrleans.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LisaOrleans.Api;

/// <summary>
/// The HTTP API of a silo, with health probes, metrics and reference, put together in one place: to add something, add a line
/// here. It listens beyond loopback only if it has keys.
/// </summary>
public sealed class ApiServer(ApiServerOptions options) : ISiloServer
{
    // JSON bodies are small; endpoints that take more set their own limit.
    private const long MaxBodyBytes = 1 << 20;

    /// <inheritdoc/>
    public void Listen(IWebHostBuilder web, IPAddress host, int port)
    {
        if (options.Certificate is not null) web.UseKestrelHttpsConfiguration();
        web.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            foreach (var (address, isOwn) in HttpListening.At(host, options.Keys is not null))
                kestrel.Listen(address, port, listen => Secure(listen, isOwn));
        });

        void Secure(ListenOptions listen, bool isOwn)
        {
            if (isOwn && options.Certificate is { } certificate)
            {
                listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = certificate.Context }),
                });
            }
        }
    }

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddHostedService<FileRenewal>();
        services.AddLisaApiKeys();
        services.AddLisaCors(options.AllowedOrigins);
        services.AddLisaRequestLimits(options.RequestsPerMinute);
        services.AddLisaApi();
        services.AddLisaInference(new InferenceOptions { ModelsFolder = options.ModelsFolder });
        services.AddLisaReference();
    }

    /// <inheritdoc/>
    public void AddToSilo(ISiloBuilder silo)
    {
    }

    /// <summary>Maps all endpoints. By default they need a key; only those open to everybody have to say so.</summary>
    /// <param name="app">The web application.</param>
    public void Map(WebApplication app)
    {
        app.UseMiddleware<ApiErrorMiddleware>();
        app.UseMiddleware<LocalRequestMiddleware>();
        app.UseRouting();
        app.UseCors();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.MapLisaHealth();
        app.MapLisaTelemetry();
        app.MapLisaApi();
        app.MapLisaCompletions();
        app.MapLisaReference();
    }
}
