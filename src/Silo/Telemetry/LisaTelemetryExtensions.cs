using LisaOrleans.Grains;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace LisaOrleans.Silo;

/// <summary>
/// Metrics and traces through OpenTelemetry: to a collector if the standard variables (OTEL_EXPORTER_OTLP_ENDPOINT and so on)
/// name one, and metrics to Prometheus if there is a web server that it can ask.
/// </summary>
public static class LisaTelemetryExtensions
{
    /// <summary>Where Prometheus asks.</summary>
    public const string MetricsPath = "/metrics";

    // One step in ten is traced unless a sampler is chosen: enough to see what is slow.
    private const double DefaultSampleRatio = 0.1;

    /// <summary>Adds metrics for <see cref="MapLisaTelemetry"/>, and everything for a collector if one is named.</summary>
    /// <param name="builder">A host with a web server.</param>
    /// <param name="instance">The silo's name among the others, as HOST:PORT.</param>
    /// <param name="clusterId">Its cluster; null for none.</param>
    public static IHostApplicationBuilder AddLisaTelemetry(this IHostApplicationBuilder builder, string instance, string? clusterId)
    {
        builder.Configuration.AddInMemoryCollection(TelemetryEnvironment.Variables);
        Add(builder.Services, instance, clusterId, prometheus: true);
        return builder;
    }

    /// <summary>Adds to a host without a web server what a collector is to get. Does nothing if no collector is named.</summary>
    public static IHostBuilder AddLisaTelemetry(this IHostBuilder builder) => builder
        .ConfigureAppConfiguration(c => c.AddInMemoryCollection(TelemetryEnvironment.Variables))
        .ConfigureServices(services => Add(services, Environment.MachineName, null, prometheus: false));

    /// <summary>Answers Prometheus. The same access rule applies as to the server's other paths.</summary>
    public static IEndpointConventionBuilder MapLisaTelemetry(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapPrometheusScrapingEndpoint(MetricsPath);

    private static void Add(IServiceCollection services, string instance, string? clusterId, bool prometheus)
    {
        var (metrics, traces, logs) =
            (TelemetryEnvironment.Exports("METRICS"), TelemetryEnvironment.Exports("TRACES"), TelemetryEnvironment.Exports("LOGS"));
        if (!prometheus && !metrics && !traces && !logs) return;

        // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take precedence.
        var telemetry = services.AddOpenTelemetry().ConfigureResource(r => r.Clear()
            .AddService("lisa", clusterId, serviceInstanceId: instance, autoGenerateServiceInstanceId: false)
                .AddTelemetrySdk().AddEnvironmentVariableDetector());
        if (prometheus || metrics)
        {
            LisaTelemetry.Register();
            telemetry.WithMetrics(m =>
            {
                m.AddMeter(LisaTelemetry.Name, "Microsoft.Orleans", "System.Runtime");
                if (prometheus) m.AddPrometheusExporter();
                if (metrics) m.AddOtlpExporter();
            });
        }

        if (traces)
        {
            telemetry.WithTracing(t =>
            {
                t.AddSource(LisaTelemetry.Name, "Microsoft.Orleans.Application").AddOtlpExporter();
                if (!TelemetryEnvironment.IsSet(TelemetryEnvironment.SamplerVariable))
                    t.SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(DefaultSampleRatio)));
            });
        }

        if (logs) telemetry.WithLogging(l => l.AddOtlpExporter(), o => (o.IncludeScopes, o.IncludeFormattedMessage) = (true, true));
    }
}
