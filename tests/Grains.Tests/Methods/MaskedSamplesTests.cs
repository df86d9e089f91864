using System.Text.Json;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>What a masked sample says changes no bit of a run.</summary>
public sealed class MaskedSamplesTests
{
    private const int Samples = 24;
    private static readonly int[] s_masked = [0, 5, 6, 23];

    private static readonly Dictionary<string, TrainingSpec> s_specs = new()
    {
        ["lisa"] = TinyStories.Spec(7) with { PerDeviceTrainBatchSize = 4 },
        ["a masked sample is a whole step"] = TinyStories.Spec(24) with { PerDeviceTrainBatchSize = 1 },
        ["packed"] = TinyStories.FullSpec(4) with { Packing = true, PerDeviceTrainBatchSize = 2 },
        ["gradient norms choose"] = TinyStories.Spec(9) with
        {
            PerDeviceTrainBatchSize = 4,
            LisaStrategy = "gradient-norm",
            LisaIntervalSteps = 2,
        },
        ["lora with dropout"] = TinyStories.LoraSpec(7) with { LoraDropout = 0.25, GradientAccumulationSteps = 2 },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Cases => [.. s_specs.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task MaskSamples_other_content_changes_no_bit_and_without_the_mask_it_does(string name)
    {
        using var folder = new TempFolder();
        var spec = s_specs[name];
        var (one, other) = (await WriteAsync(folder["one.jsonl"], 1, spec.Packing), await WriteAsync(folder["other.jsonl"], 2, spec.Packing));
        var masked = spec with { MaskSamples = s_masked };
        using var a = await TrainAsync(one, masked);
        using var b = await TrainAsync(other, masked);
        Assert.Equal(Digits(await a.HistoryAsync()), Digits(await b.HistoryAsync()));
        Assert.Equal(await a.WeightsShaAsync(), await b.WeightsShaAsync());
        Assert.DoesNotContain((await a.HistoryAsync()).SelectMany(r => r.Samples), s_masked.Contains);
        Assert.Equal(Samples - s_masked.Length, (await a.HistoryAsync()).SelectMany(r => r.Samples).Distinct().Count());

        using var c = await TrainAsync(one, spec);
        Assert.NotEqual(await a.WeightsShaAsync(), await c.WeightsShaAsync());
    }

    [Fact]
    public async Task MaskSamples_order_and_repetitions_make_no_difference_and_a_resumed_run_needs_the_same()
    {
        using var folder = new TempFolder();
        var data = await WriteAsync(folder["data.jsonl"], 1, sameLengths: false);
        using var run = await ImportAsync(data, TinyStories.Spec(4) with { MaskSamples = [6, 5, 6] });
        await RunImporter.ImportAsync(run.Store, Request(data, TinyStories.Spec(4) with { MaskSamples = [5, 6] }), null, Token);
        var refused = await Assert.ThrowsAsync<RunExistsException>(
            () => RunImporter.ImportAsync(run.Store, Request(data, TinyStories.Spec(4)), null, Token));
        Assert.Equal(["mask_samples: was [5,6], now []"], refused.Differences);
    }

    [Fact]
    public async Task MaskSamples_unknown_number_or_all_of_them_is_refused_with_the_range()
    {
        using var folder = new TempFolder();
        var data = await WriteAsync(folder["data.jsonl"], 1, sameLengths: false);
        var unknown = await Assert.ThrowsAsync<InvalidTrainingSettingException>(
            () => ImportAsync(data, TinyStories.Spec(4) with { MaskSamples = [3, Samples] }));
        Assert.Equal("mask_samples", unknown.Setting);
        Assert.Contains("names sample 24; the training data has samples 0 to 23", unknown.Message, StringComparison.Ordinal);
        var all = await Assert.ThrowsAsync<InvalidTrainingSettingException>(
            () => ImportAsync(data, TinyStories.Spec(4) with { MaskSamples = [.. Enumerable.Range(0, Samples)] }));
        Assert.Contains("leaves nothing to learn from", all.Message, StringComparison.Ordinal);
    }

    private static string[] Digits(IReadOnlyList<StepRecord> history) =>
        [.. history.Select(r => $"{r.Loss:R} {r.GradNorm:R} {r.Tokens} {string.Join(',', r.Samples)}")];

    private static RunRequest Request(string data, TrainingSpec spec) => TinyStories.Request(spec) with { DataFile = data };

    private static Task<TestRun> ImportAsync(string data, TrainingSpec spec) => TestRun.ImportAsync(Request(data, spec));

    private static async Task<TestRun> TrainAsync(string data, TrainingSpec spec)
    {
        var run = await ImportAsync(data, spec);
        await run.FinishAsync();
        return run;
    }

    // Tokens that differ with the variant where they are to be masked: there other lengths too, unless blocks depend on those.
    private static async Task<string> WriteAsync(string path, int variant, bool sameLengths)
    {
        var lines = Enumerable.Range(0, Samples).Select(sample =>
        {
            var random = new Random(s_masked.Contains(sample) ? 1000 * variant + sample : sample);
            var length = sameLengths ? 5 + sample % 7 : random.Next(4, 30);
            return JsonSerializer.Serialize(new { input_ids = Enumerable.Range(0, length).Select(_ => random.Next(3, 500)).ToArray() });
        });
        await File.WriteAllLinesAsync(path, lines, Token);
        return path;
    }
}
