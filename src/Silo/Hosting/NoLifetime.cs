using Microsoft.Extensions.Hosting;

namespace LisaOrleans.Silo;

/// <summary>A host within another program, which has its own opinion of Ctrl-C.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
