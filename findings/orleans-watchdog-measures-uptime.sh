#!/usr/bin/env bash
# Guess, written first: an Orleans silo on an idle machine starts without a warning of deadlock; the watchdog's first look comes
# a second later and finds its own clock set.
#
# What happens (Microsoft.Orleans.Server 10.4.2, .NET 10, Linux): a fresh silo warns that its "participant check thread has not
# completed" for as long as the machine has been up, days or months, "potentially indicating lock contention or deadlock". The
# thread that looks is started before the time that it compares with is set, looks at once, and so measures from zero, which
# is when the machine was booted. It is a race that the warning wins nearly every time: one of five starts is enough here.
#
# Needs the .NET 10 SDK and NuGet. Exits 0 while this is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
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
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

var seen = 0;
for (var start = 1; start <= 5; start++)
{
    var lines = new List<string>();
    var builder = Host.CreateApplicationBuilder();
    builder.Logging.ClearProviders().AddProvider(new Lines(lines));
    builder.UseOrleans(o => o.UseLocalhostClustering(Free(), Free()));
    using var host = builder.Build();
    await host.StartAsync();
    var uptime = Stopwatch.GetElapsedTime(0);
    await Task.Delay(1500);
    await host.StopAsync();
    string[] said;
    lock (lines) said = [.. lines.Where(l => l.Contains("Participant check thread has not completed"))];
    foreach (var line in said)
    {
        var stalled = TimeSpan.Parse(Regex.Match(line, @"for ([0-9.:]+),").Groups[1].Value);
        Console.WriteLine($"start {start}: stalled for {stalled:d\\.hh\\:mm\\:ss}, the machine is up for {uptime:d\\.hh\\:mm\\:ss}");
        if (uptime - stalled < TimeSpan.FromMinutes(1)) seen++;
    }
}

return seen > 0 ? 0 : 1;

static int Free()
{
    using var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    return ((IPEndPoint)listener.LocalEndpoint).Port;
}

sealed class Lines(List<string> lines) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (lines) lines.Add(formatter(state, exception));
    }

    public void Dispose()
    {
    }
}
CS
dotnet build -c Release -v q -o out > build.txt 2>&1 || { cat build.txt; exit 1; }
dotnet out/silo.dll
