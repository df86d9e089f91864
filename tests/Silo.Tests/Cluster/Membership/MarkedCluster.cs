using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Messaging;

namespace LisaOrleans.Silo.Tests;

/// <summary>A cluster's membership in memory: its mark, and how many silos it lists.</summary>
internal sealed class MarkedCluster : IMembershipStore, IClusterMark, IGatewayListProvider
{
    public const string Id = "c";

    private readonly Lock _lock = new();

    /// <value>The mark; null for none.</value>
    public string? Mark { get; set; }

    public int Silos { get; set; }

    public string Name => "Memory";

    public TimeSpan MaxStaleness => TimeSpan.Zero;

    public bool IsUpdatable => true;

    public Task<ClusterTraits> TryAsync(
        string clusterId, Func<IClusterMark, Task<ClusterTraits>> ask, CancellationToken cancellationToken) => ask(this);

    public Task<IClusterMark> OpenMarkAsync(string clusterId, CancellationToken cancellationToken) => Task.FromResult<IClusterMark>(this);

    public bool IsForgotten(Exception failure) => false;

    public void AddTo(ISiloBuilder silo) => throw new NotSupportedException();

    public void AddTo(IClientBuilder client) => client.Services.Replace(ServiceDescriptor.Singleton<IGatewayListProvider>(this));

    public Task<string?> ReadAsync() => Task.FromResult(Mark);

    public Task ProbeAsync() => Task.CompletedTask;

    public Task<string> ClaimAsync(string mark, string instead)
    {
        lock (_lock)
        {
            if (Mark is null || Mark == instead) Mark = mark;
            return Task.FromResult(Mark);
        }
    }

    public Task RenewAsync(string mark)
    {
        Mark = mark;
        return Task.CompletedTask;
    }

    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    public Task<IList<Uri>> GetGateways() => Task.FromResult<IList<Uri>>(
        [.. Enumerable.Range(1, Silos).Select(port => new UriBuilder("gwy.tcp", $"{IPAddress.Loopback}", port).Uri)]);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
