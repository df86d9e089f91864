using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using LisaOrleans.Checkpoints;
using LisaOrleans.Grains;
using Orleans.Configuration;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace LisaOrleans.Silo;

/// <summary>A silo that finds others through Redis or tables, trains with them, and leaves without losing work.</summary>
public static class ClusterSilo
{
    /// <summary>Builds the host of a silo; the caller starts it.</summary>
    public static WebApplication Create(ClusterSiloOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        builder.Configuration.Sources.Clear();
        builder.Logging.AddLisaLogging(options.JsonLogs);
        builder.AddLisaTelemetry($"{options.Host}:{options.SiloPort}", options.ClusterId);
        options.Http.Listen(builder.WebHost, options.Listening.Address, options.HttpPort);
        options.Ports?.ServeBy(builder.WebHost);
        options.Http.AddServices(builder.Services);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = options.DrainTimeout + TimeSpan.FromSeconds(10));
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<SiloDrain>();
        builder.Services.AddHostedService(s => s.GetRequiredService<SiloDrain>());
        builder.Services.AddHostedService<PreemptionWatch>();
        builder.Services.AddSingleton<IClusterView, ClusterView>();

        // Before the silo joins, which may have to wait, and until it has left.
        builder.Services.AddHostedService<ClusterMarkKeeper>();
        builder.UseOrleans(silo => Configure(silo, options));
        builder.Services.AddHostedService<RunWaker>();
        builder.Services.AddSingleton(new LeaseScope(options.ClusterId));
        builder.Services.AddHostedService<LeaseKeeper>();
        builder.Services.AddHostedService<MembershipRestorer>();
        var app = builder.Build();
        options.Http.Map(app);
        return app;
    }

    private static void Configure(ISiloBuilder silo, ClusterSiloOptions options)
    {
        var tls = silo.AddClusterTls(options);
        DeathWatch.AddTo(silo);
        options.Membership.AddTo(silo);
        options.Ports?.ServeBy(silo);
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, PortGuard>();
        silo.Services.AddSingleton(new LeaseOptions());
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, LostClusterGuard>();
        // When a silo leaves, Orleans' older directory deactivates all grains whose entries that silo held, on whatever silo
        // the grains are. That would hit parts in the middle of training and cause a recovery for every silo that leaves.
#pragma warning disable ORLEANSEXP003
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (options.ClusterId, options.ClusterId))
            .ConfigureEndpoints(options.Host, options.SiloPort, options.GatewayPort)
            .Configure<EndpointOptions>(o =>
            {
                o.SiloListeningEndpoint = new IPEndPoint(options.Listening.Address, options.Listening.SiloPort);
                o.GatewayListeningEndpoint = new IPEndPoint(options.Listening.Address, options.Listening.GatewayPort);
            })
            .Configure<ReminderOptions>(
                o => (o.MinimumReminderPeriod, o.RefreshReminderListPeriod) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10)))

            // By default, the directory lets nobody register again for half a minute what a dead silo held, so that no grain
            // exists twice. Here two copies of a grain do no harm: commits are fenced.
            .Configure<GrainDirectoryOptions>(o => o.RangeLeaseDuration = TimeSpan.Zero)
            .Configure<ClusterMembershipOptions>(o =>
            {
                o.ProbeTimeout = options.ProbeTimeout;
                o.NumMissedProbesLimit = options.MissedProbes;
                o.MaxProbeTimeout = options.ProbeTimeout * 1.5;

                // Every silo decides by what it sees itself: if most of the machines vanish at once, the others' votes and
                // probes never come. A wrong verdict costs a recovery, not a bit: commits are fenced.
                o.NumVotesForDeathDeclaration = 1;
                o.EnableIndirectProbes = false;
                o.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
                o.TableRefreshTimeout = TimeSpan.FromSeconds(5);
                o.DefunctSiloExpiration = TimeSpan.FromMinutes(10);
                o.DefunctSiloCleanupPeriod = TimeSpan.FromMinutes(5);
            })
            .Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromMinutes(10))
            .UseSiloMetadata(new Dictionary<string, string>
            {
                [SiloRoles.RolesKey] = string.Join(',', options.Roles),
                [SiloRoles.MemoryKey] = options.MemoryBytes.ToString(CultureInfo.InvariantCulture),
                [SiloRoles.MemoryFoundKey] = options.IsMemoryFound.ToString(CultureInfo.InvariantCulture),
                [SiloRoles.ThreadsKey] = options.Threads.ToString(CultureInfo.InvariantCulture),
                [SiloRoles.DeviceKey] = options.Roles.Contains(SiloRoles.Gpu) ? TrainingDevice.Name : "",
                [SiloRoles.RatesKey] = options.Roles.Contains(SiloRoles.Gpu) ? TrainingDevice.WriteRates() : "",
                [SiloRoles.KindKey] = options.Roles.Contains(SiloRoles.Gpu) ? TrainingDevice.Kind : "",
                [SiloRoles.VersionKey] = options.Traits.Version,
                [SiloRoles.MaxRunsKey] = options.MaxRuns.ToString(CultureInfo.InvariantCulture),
            })
            .ConfigureServices(services => services.AddSingleton(new RunOptions { StepPatience = options.DrainTimeout / 2 }))
            .AddLisaSilo(
                options.Store,
                new TensorTransportOptions
                {
                    Address = options.Listening.Address,
                    Port = options.Listening.TensorPort,
                    Ports = options.Ports,
                    AdvertisedAddress = options.Host,
                    AdvertisedPort = options.TensorPort,
                    Secret = options.Secret,
                    Tls = tls,
                });
        options.Http.AddToSilo(silo);
    }
}
