using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>What DPO compares answers with is taken only where it was made of the numbers that it is compared with.</summary>
public sealed class ReferenceNumbersTests : IDisposable
{
    private static readonly TrainingSpec s_dpo = TinyStories.Spec(1) with { Objective = "dpo", PerDeviceTrainBatchSize = 2 };

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Key_depends_on_all_that_decides_the_numbers()
    {
        using var run = await TestRun.ImportAsync(Request(TinyStories.LoraSpec(1) with { Objective = "dpo" }));
        var manifest = await run.ManifestAsync();
        var lora = await RunFiles.ReadSpecAsync(run.Store, manifest, Token);
        var full = lora with { Method = "full" };
        TrainingSpec[] others =
        [
            lora, lora with { LoraAlpha = 7 }, lora with { UseRslora = true },
            lora with { LoraAlphaPattern = new Dictionary<string, double> { ["q_proj"] = 7 } }, lora with { FrozenWeights = "int8" }, full,
        ];
        Assert.Distinct([.. others.Select(s => Key(s)), Key(lora, onGpu: true)]);
        Assert.Equal(Key(full), Key(full with { LoraAlpha = 7, FrozenWeights = "mapped" }));

        string Key(TrainingSpec spec, bool onGpu = false) => ReferenceCache.Key(manifest, spec, manifest.Dataset!, onGpu);
    }

    public void Dispose() => _folder.Dispose();

    private static RunRequest Request(TrainingSpec spec) => TinyStories.Request(spec) with { DataFile = TinyStories.Pairs };
}
