using System.Text;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>Settings and logs in the store that are none are named at once: no step is tried with them, again and again.</summary>
public sealed class StoredSettingsTests
{
    private const string HeadPath = "runs/test/head.json";

    private static readonly (Func<TrainingSpec, TrainingSpec> Change, string Says)[] s_cases =
    [
        (s => s with { Dtype = "bfloat16" }, "tensor 'model.embed_tokens.weight' is F32; by the run's settings it must be BF16"),
        (s => s with { Dtype = "auto" }, "dtype is 'auto'; a run in a store has chosen one"),
        (s => s with { Method = "newer" }, "method is 'newer'; it must be one of "),
        (s => s with { Method = "lora" }, "'model.layers.0.self_attn.q_proj.lora_A.weight' is in no blob of adapters"),
        (s => s with { RunName = "other" }, "run_name is 'other', but the manifest is of run 'test'"),
        (s => s with { Threads = 0 }, "threads is 0; a run in a store has chosen a number"),
        (s => s with { Threads = 100_000 }, "threads is 100000; it must be a whole number from 1 to 1024"),
        (s => s with { BlockSize = 3 }, "block_size is 3, but the training data has a sample of "),
        (s => s with { GradientAccumulationSteps = 0 }, "gradient_accumulation_steps is 0; it must be "),
        (s => s with { LisaActivatedLayers = 99 }, "lisa_activated_layers is 99; it must be at most 6, the model's decoder layers"),
        (s => s with { LisaStrategy = "outlier" }, "lisa_strategy is outlier, but the weights were not counted when the run began"),
        (s => s with { LisaStrategy = null! }, "holds no settings of a run: "),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task VerifyAsync_setting_that_cannot_be_is_named()
    {
        using var run = await TestRun.TrainAsync(TinyStories.Spec(2) with { SaveSteps = 1, KeepManifests = "all" });
        var head = (await run.Store.GetDocumentAsync(HeadPath, Token))!.Content;
        foreach (var (change, says) in s_cases)
        {
            await TamperedRun.ChangeAsync(run, onlyLater: false, (m, spec) => (m, change(spec)));
            var verified = await VerifyAsync(run);
            Assert.Contains(says, verified.Difference, StringComparison.Ordinal);
            Assert.Null(verified.From);
            await run.Store.PutDocumentAsync(HeadPath, head, (await run.Store.GetDocumentAsync(HeadPath, Token))!.ETag, Token);
        }

        Assert.Null((await VerifyAsync(run)).Difference);
    }

    [Fact]
    public async Task ReadSpecAsync_setting_of_a_newer_build_is_named_rather_than_dropped()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(1));
        var manifest = await run.ManifestAsync();
        using var stored = await run.Store.ReadAsync(manifest.Spec, Token);
        var spec = JsonNode.Parse(stored.ToArray())!.AsObject();
        spec["ZLoss"] = 0.5;
        var blob = new BytesBlob(Encoding.UTF8.GetBytes(spec.ToJsonString()));
        await run.Store.PutAsync(blob, Token);
        var error = await Assert.ThrowsAsync<InvalidDataFileException>(
            () => RunFiles.ReadSpecAsync(run.Store, manifest with { Spec = new BlobRef(blob.Sha256, blob.Length) }, Token));
        Assert.Contains("holds no settings of a run: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("field 'ZLoss' is not known; another version may have written it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VerifyAsync_log_or_list_that_is_none_is_named()
    {
        using var run = await TestRun.TrainAsync(TinyStories.Spec(1) with { KeepManifests = "all" });
        foreach (var (line, says) in ((string, string)[])
            [
                ("nonsense\n", "holds no step of a run's log: "),
                ("null\n", "holds no step of a run's log: it is null"),
                ("{\"Step\":1}\n", "holds no step of a run's log: "),
            ])
        {
            var blob = new BytesBlob(Encoding.UTF8.GetBytes(line));
            await run.Store.PutAsync(blob, Token);
            var log = new LogSegment(new BlobRef(blob.Sha256, blob.Length), 1, 1);
            await TamperedRun.ChangeAsync(run, onlyLater: true, (m, spec) => (m with { Log = [log] }, spec));
            Assert.StartsWith($"{blob.Sha256}: {says}", (await VerifyAsync(run)).Difference, StringComparison.Ordinal);
        }

        await run.Store.PutDocumentAsync(HeadPath, "{}"u8.ToArray(), (await run.Store.GetDocumentAsync(HeadPath, Token))!.ETag, Token);
        Assert.Contains("runs/test/head.json: ", (await VerifyAsync(run)).Difference, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidDataFileException>(() => RunVerifier.VerifyAsync(run.Store, "none", null, null, Token));
    }

    private static Task<VerifiedRun> VerifyAsync(TestRun run) => RunVerifier.VerifyAsync(run.Store, "test", null, null, Token);
}
