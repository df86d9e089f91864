using Microsoft.Extensions.Hosting;

namespace LisaOrleans.Silo;

/// <summary>For a host within another program, which handles Ctrl-C in its own way.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
