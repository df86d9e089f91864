using LisaOrleans.Cluster;

namespace LisaOrleans.Deploy.Tests;

public sealed class ComposeProcessTests
{
    [Fact]
    public async Task Compose_silos_start_become_ready_and_leave()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH: THE COMPOSE FILE WAS NOT STARTED (apt-get install redis-server)");
        if (AzuriteServer.Program is null)
            TestContext.Current.AddWarning("azurite-blob is not on PATH: the store was a folder (npm install azurite)");
        using var folder = new TempFolder();
        await using var project = new ComposeProject(ComposeFile.Read(), folder);
        await project.StartAsync();
        Assert.Equal(3, project.Silos.Count);
        foreach (var (silo, process, port) in project.Silos)
        {
            var ready = false;
            for (var deadline = DateTimeOffset.UtcNow.AddSeconds(120); !ready && !process.HasExited && DateTimeOffset.UtcNow < deadline;)
            {
                ready = await ComposeProject.IsHealthyAsync(port);
                if (!ready) await Task.Delay(200, TestContext.Current.CancellationToken);
            }

            Assert.True(ready, $"{silo.Name} is not ready:\n{project.Log(silo.Name)}");
        }

        var codes = await Task.WhenAll(project.Silos.Select(s => s.Process.TerminateAsync(s.Service.GracePeriod!.Value)));
        Assert.Equal([0, 0, 0], codes);
        Assert.False(await ComposeProject.IsHealthyAsync(project.Silos[0].HttpPort));
    }
}
