using Microsoft.Extensions.Hosting;

namespace LisaOrleans.Client;

/// <summary>Leaves Ctrl-C and SIGTERM to the program that uses the client.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
