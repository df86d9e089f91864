#!/usr/bin/env bash
# Guess, written first: a grain that has deactivated is nowhere, so the next call asks its placement director where it is to be, whoever
# makes the call.
#
# What happens (Microsoft.Orleans.Server 10.4.2, .NET 10): where the calling silo remembers the grain's last place, nobody asks the
# director. The call goes to the silo that the grain has just left, and that silo activates it again, although the director would have
# chosen another. After MigrateOnIdle in place of DeactivateOnIdle the same call finds it where the director has put it, because
# the grain is never without a place. So a silo that empties itself before it stops should let its grains migrate.
#
# Needs the .NET 10 SDK and NuGet. Exits 0 while this is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
cat > leave.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Orleans.Server" Version="10.4.2" />
  </ItemGroup>
</Project>
XML
cat > Program.cs <<'CS'
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

var first = Free();
using var one = await Start(first);
using var two = await Start(Free());
SiloAddress[] silos = [.. new[] { one, two }.Select(h => h.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress)];
var deactivated = await After(migrate: false);
var migrated = await After(migrate: true);
Console.WriteLine($"called after DeactivateOnIdle: on the {deactivated} silo; after MigrateOnIdle: on the {migrated} silo; the director says the second");
return (deactivated, migrated) == ("first", "second") ? 0 : 1;

// Where a grain of the first silo is when the second silo calls it again, which the director would have put on the second.
async Task<string> After(bool migrate)
{
    var grain = two.Services.GetRequiredService<IGrainFactory>().GetGrain<IGuest>(Guid.NewGuid());
    Director.Choice = silos[0];
    if (!(await grain.Where()).Equals(silos[0])) throw new InvalidOperationException("the director was not asked at first");
    Director.Choice = silos[1];
    Guest.Gone = new TaskCompletionSource();
    await grain.Leave(migrate);
    await Guest.Gone.Task.WaitAsync(TimeSpan.FromSeconds(30));

    // Until the catalog of its silo has let go of it.
    var catalog = one.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
    for (var tries = 0; tries < 100; tries++)
    {
        var statistics = await catalog.GetDetailedGrainStatistics(hostsIds: [silos[0]]);
        if (!statistics.Any(s => s.GrainId.Equals(grain.GetGrainId()))) break;
        await Task.Delay(100);
    }

    return (await grain.Where()).Equals(silos[0]) ? "first" : "second";
}

async Task<IHost> Start(int port)
{
    var host = Host.CreateDefaultBuilder()
        .ConfigureLogging(l => l.ClearProviders())
        .UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(port, Free(), new IPEndPoint(IPAddress.Loopback, first));
            silo.Services.AddPlacementDirector<Chosen, Director>();
        })
        .Build();
    await host.StartAsync();
    return host;
}

static int Free()
{
    using var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    return ((IPEndPoint)listener.LocalEndpoint).Port;
}

public interface IGuest : IGrainWithGuidKey
{
    Task<SiloAddress> Where();

    Task Leave(bool migrate);
}

[ChosenPlacement]
public sealed class Guest(ILocalSiloDetails silo) : Grain, IGuest
{
    public static TaskCompletionSource Gone { get; set; } = new();

    public Task<SiloAddress> Where() => Task.FromResult(silo.SiloAddress);

    public Task Leave(bool migrate)
    {
        if (migrate) MigrateOnIdle();
        else DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Gone.TrySetResult();
        return Task.CompletedTask;
    }
}

[GenerateSerializer, Immutable]
public sealed class Chosen : PlacementStrategy;

[AttributeUsage(AttributeTargets.Class)]
public sealed class ChosenPlacementAttribute() : PlacementAttribute(new Chosen());

public sealed class Director : IPlacementDirector
{
    public static SiloAddress? Choice { get; set; }

    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) =>
        Task.FromResult(Choice!);
}
CS
dotnet build -c Release -v q -o out > build.txt 2>&1 || { cat build.txt; exit 1; }
dotnet out/leave.dll
