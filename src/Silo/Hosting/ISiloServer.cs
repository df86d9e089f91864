using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace LisaOrleans.Silo;

/// <summary>
/// What a silo answers over HTTP. A silo hosts it without knowing what it is: the API and the dashboard are in layers above.
/// </summary>
public interface ISiloServer
{
    /// <summary>Says where the server listens.</summary>
    /// <param name="web">The web host.</param>
    /// <param name="host">The silo's address.</param>
    /// <param name="port">The port; 0 for any free one.</param>
    void Listen(IWebHostBuilder web, IPAddress host, int port);

    /// <summary>Adds the services that the mapped endpoints need.</summary>
    void AddServices(IServiceCollection services);

    /// <summary>Adds what the silo itself needs for the server.</summary>
    void AddToSilo(ISiloBuilder silo);

    /// <summary>Maps all endpoints.</summary>
    void Map(WebApplication app);
}
