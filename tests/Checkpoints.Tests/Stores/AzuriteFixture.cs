using LisaOrleans.Checkpoints.Tests;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>One emulator for all tests of this project, started when the first one asks for it.</summary>
public sealed class AzuriteFixture : IAsyncDisposable
{
    private readonly Lazy<Task<Azurite>> _azurite = new(() => Azurite.StartAsync());

    /// <summary>A fresh container's connection string and name; or the test is skipped.</summary>
    internal async Task<(Azurite Azurite, string Container)> RequireAsync() => (await _azurite.Value, $"test-{Guid.NewGuid():N}");

    public async ValueTask DisposeAsync()
    {
        if (_azurite.IsValueCreated && _azurite.Value.IsCompletedSuccessfully) await (await _azurite.Value).DisposeAsync();
    }
}
