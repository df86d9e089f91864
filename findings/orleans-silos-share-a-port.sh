#!/usr/bin/env bash
# Guess, written first: a second Orleans silo that is started on the silo port and gateway port of a first one fails, because
# the address is in use.
#
# What happens (Microsoft.Orleans.Server 10.4.2, .NET 10, Linux): both start and say that they are active. Orleans' listener
# sets SocketOptionName.ReuseAddress, which .NET on Unix makes SO_REUSEADDR and SO_REUSEPORT: the system then lets both listen,
# and spreads connections over them. A plain socket that does not set the option is refused, so a program can look first.
#
# Needs the .NET 10 SDK and NuGet. Exits 0 while this is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d); trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
cat > silo.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Orleans.Server" Version="10.4.2" />
  </ItemGroup>
</Project>
XML
cat > Program.cs <<'CS'
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

if (args is ["plain", var taken])
{
    using var plain = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    try
    {
        plain.Bind(new IPEndPoint(IPAddress.Loopback, int.Parse(taken)));
        Console.WriteLine("a plain socket: bound");
    }
    catch (SocketException e)
    {
        Console.WriteLine($"a plain socket: {e.SocketErrorCode}");
    }

    return;
}

var (name, silo, gateway) = (args[0], int.Parse(args[1]), int.Parse(args[2]));
var builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders();
builder.UseOrleans(o => o.UseLocalhostClustering(silo, gateway, serviceId: name, clusterId: name));
using var host = builder.Build();
await host.StartAsync();
Console.WriteLine($"silo {name}: active on ports {silo} and {gateway}");
await Task.Delay(Timeout.Infinite);
CS
dotnet build -c Release -v q -o out > build.txt 2>&1 || { cat build.txt; exit 1; }
free() { dotnet out/silo.dll plain "$1" | grep -q bound; }
port=$((20000 + RANDOM % 10000)); until free "$port" && free "$((port + 1))"; do port=$((port + 2)); done
dotnet out/silo.dll one "$port" "$((port + 1))" > one.txt 2>&1 &
for _ in $(seq 120); do grep -q active one.txt && break; sleep 0.5; done
dotnet out/silo.dll two "$port" "$((port + 1))" > two.txt 2>&1 &
for _ in $(seq 120); do grep -q active two.txt && break; kill -0 $! 2>/dev/null || break; sleep 0.5; done
cat one.txt; head -1 two.txt; dotnet out/silo.dll plain "$port"
grep -q active one.txt && grep -q active two.txt && dotnet out/silo.dll plain "$port" | grep -q AddressAlreadyInUse
