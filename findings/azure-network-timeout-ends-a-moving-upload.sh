#!/usr/bin/env bash
# Guess, written first: Retry.NetworkTimeout of an Azure client, "the timeout applied to individual network operations", is the longest
# time in which nothing moves, so that a large upload over a slow link goes on as long as bytes flow; and where it does run out, the
# caller gets a TimeoutException or a RequestFailedException, and an OperationCanceledException only for its own token.
#
# What happens (Azure.Storage.Blobs 12.30.1, .NET 10): it holds for a request from its first byte until the answer's head. An upload of
# 24 MB in one request, of which the server takes 4 MB a second without a pause, ends after the 2 seconds, in the middle; and what the
# caller gets, without retries, is a TaskCanceledException, although no token was cancelled: code that lets cancellations pass takes an
# outage for a wish. With a limit of a minute the same upload succeeds.
#
# Needs the .NET 10 SDK and NuGet. The server is in the program: it reads a request at that pace, and answers 201. Exits 0 while this is
# so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
cat > azure.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Azure.Storage.Blobs" Version="12.30.1" />
  </ItemGroup>
</Project>
XML
cat > Program.cs <<'CS'
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

const int Size = 24 << 20;
const int Slice = 1 << 20;
var server = new TcpListener(IPAddress.Loopback, 0);
server.Server.ReceiveBufferSize = 1 << 16;
server.Start();
_ = Task.Run(async () =>
{
    while (true)
    {
        var connection = await server.AcceptTcpClientAsync();
        _ = Task.Run(() => Serve(connection));
    }
});

var ended = await Upload(TimeSpan.FromSeconds(2));
var whole = await Upload(TimeSpan.FromMinutes(1));
return ended.Error is TaskCanceledException && ended.Longest < TimeSpan.FromSeconds(1.5) && ended.Sent is > 0 and < Size && whole.Error is null
    ? 0 : 1;

// The error, the bytes that were sent, and the longest time between two reports of progress.
async Task<(Exception? Error, long Sent, TimeSpan Longest)> Upload(TimeSpan timeout)
{
    var options = new BlobClientOptions { Retry = { MaxRetries = 0, NetworkTimeout = timeout } };
    var client = new BlobClient(new Uri($"http://127.0.0.1:{((IPEndPoint)server.LocalEndpoint).Port}/account/container/blob"), options);
    var (clock, last, longest, sent) = (Stopwatch.StartNew(), TimeSpan.Zero, TimeSpan.Zero, 0L);
    Exception? error = null;
    using var nobody = new CancellationTokenSource();
    try
    {
        await client.UploadAsync(
            new MemoryStream(new byte[Size]),
            new BlobUploadOptions
            {
                TransferOptions = new StorageTransferOptions { InitialTransferSize = Size, MaximumTransferSize = Size },
                ProgressHandler = new Moved(bytes =>
                {
                    var pause = clock.Elapsed - last;
                    (last, sent) = (clock.Elapsed, bytes);
                    if (pause > longest) longest = pause;
                }),
            },
            nobody.Token);
    }
    catch (Exception e)
    {
        error = e;
    }

    Console.WriteLine(
        $"NetworkTimeout {timeout.TotalSeconds} s: {error?.GetType().Name ?? "uploaded"} after {clock.Elapsed.TotalSeconds:0.0} s, {sent >> 20} of "
        + $"{Size >> 20} MB sent, at most {longest.TotalSeconds:0.0} s between two reports of progress, own token cancelled: "
        + nobody.IsCancellationRequested);
    if (error is not null) Console.WriteLine($"  {error.Message.Split('\n')[0]}");
    return (error, sent, longest);
}

// One request, read at 4 MB a second.
async Task Serve(TcpClient connection)
{
    try
    {
        using (connection)
        {
            var stream = connection.GetStream();
            var (head, one) = (new StringBuilder(), new byte[1]);
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                await stream.ReadExactlyAsync(one);
                head.Append((char)one[0]);
            }

            var length = long.Parse(
                head.ToString().Split("\r\n").First(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)).Split(':')[1]);
            for (var buffer = new byte[Slice]; length > 0; await Task.Delay(250))
            {
                var count = (int)Math.Min(length, Slice);
                await stream.ReadExactlyAsync(buffer.AsMemory(0, count));
                length -= count;
            }

            const string Created = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\nETag: \"1\"\r\nLast-Modified: Sun, 29 Nov 2026 00:00:00 GMT\r\n"
                + "x-ms-request-id: 1\r\nx-ms-version: 2025-01-05\r\nx-ms-request-server-encrypted: true\r\nConnection: close\r\n\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(Created));
        }
    }
    catch (IOException)
    {
        // The client has left.
    }
}

internal sealed class Moved(Action<long> then) : IProgress<long>
{
    public void Report(long value) => then(value);
}
CS
dotnet build -c Release -v q -o out > build.txt 2>&1 || { cat build.txt; exit 1; }
dotnet out/azure.dll
