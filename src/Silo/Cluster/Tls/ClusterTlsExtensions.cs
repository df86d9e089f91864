using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Configuration;

namespace LisaOrleans.Silo;

/// <summary>Puts TLS around all that a silo says to other silos and to clients.</summary>
internal static partial class ClusterTlsExtensions
{
    /// <summary>
    /// Adds TLS if the options have a certificate. Without one, a silo still says why it refuses connections that come with
    /// TLS.
    /// </summary>
    /// <returns>The certificates; null where there are none.</returns>
    /// <exception cref="ClusterTlsException">The certificates cannot be used.</exception>
    public static TlsCredentials? AddClusterTls(this ISiloBuilder silo, ClusterSiloOptions options)
    {
        // The real logger exists only once the silo does.
        ILogger logger = NullLogger.Instance;
        var credentials = options.Tls is { } files ? new TlsCredentials(files, reason => LogNotRenewed(logger, reason)) : null;
        credentials?.CheckName(options.Host);
        silo.Services.AddOptions<SiloConnectionOptions>().Configure<ILoggerFactory>((connections, logging) =>
        {
            logger = logging.CreateLogger("LisaOrleans.Silo.ClusterTls");
            var tls = new OrleansTls(credentials, (end, reason) => LogRefused(logger, end, reason));
            connections.ConfigureSiloInboundConnection(tls.AddServer);
            connections.ConfigureGatewayInboundConnection(tls.AddServer);
            connections.ConfigureSiloOutboundConnection(tls.AddClient);
        });
        return credentials;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A connection with {Other} is refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, EndPoint? other, string reason);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The certificate's files have changed, but cannot be used; what they held before stays in use: {Reason}")]
    private static partial void LogNotRenewed(ILogger logger, string reason);
}
