using System.Net;
using LisaOrleans.Api;
using LisaOrleans.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace LisaOrleans.Dashboard;

/// <summary>The API and, at <c>/</c>, the dashboard: what <c>lisa silo</c> and <c>lisa train --http-port</c> answer over HTTP.</summary>
public sealed class DashboardServer(ApiServerOptions options) : ISiloServer
{
    private readonly ApiServer _api = new(options);

    /// <inheritdoc/>
    public void Listen(IWebHostBuilder web, IPAddress host, int port) => _api.Listen(web, host, port);

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services) => _api.AddServices(services);

    /// <inheritdoc/>
    public void AddToSilo(ISiloBuilder silo)
    {
        _api.AddToSilo(silo);
        silo.AddLisaDashboard();
    }

    /// <inheritdoc/>
    public void Map(WebApplication app)
    {
        _api.Map(app);
        app.MapLisaDashboard();
    }
}
