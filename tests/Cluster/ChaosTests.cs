namespace LisaOrleans.Cluster.Tests;

/// <summary>A short version of bench chaos with blobs in a folder: real processes, real kills, and the bits of an undisturbed run.</summary>
/// <remarks>That a single silo dies is in <see cref="MethodTests"/>, and that one leaves in <see cref="HandOverTests"/>.</remarks>
[Collection(nameof(KilledSilos))]
public sealed class ChaosTests(KilledSilosFixture fixture, UndisturbedRun undisturbed, ITestOutputHelper output)
{
    [Fact]
    public async Task Run_with_its_blobs_in_a_folder_keeps_the_bits_of_an_undisturbed_one()
    {
        await fixture.RestartAsync();
        await ChaosRun.AssertKeepsItsBitsAsync(
            fixture.Cluster, undisturbed, output,
            [
                ChaosAction.Freeze, ChaosAction.KillInRecovery, ChaosAction.Preempt, ChaosAction.RestartRedis, ChaosAction.LoseAll,
            ]);
    }
}
