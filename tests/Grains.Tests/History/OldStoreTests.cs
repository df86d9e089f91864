using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>
/// A store that commit d97eea1 wrote, from before there were lists of kept manifests: a run of a random model of 13 000 parameters that
/// was stopped after step 4 of 8, LISA in float32 on one thread of an x64 machine with AVX-512.
/// </summary>
public sealed class OldStoreTests : IDisposable
{
    // SHA-256 of the names and bytes of all tensors, in the order of their names, as that build wrote them when it went on by itself.
    private const string Weights = "180448be972b0df08b37838ae8ab36e9d020e6a79af9e315061dfa91a13c55a3";

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Resume_store_of_an_old_build_ends_with_the_bits_of_that_build_and_is_written_back_in_its_format()
    {
        var run = await OpenAsync();
        var (head, manifest) = (await HeadAsync(run), await ManifestAsync(run));
        Assert.Equal(4, head["Step"]!.GetValue<long>());
        Assert.Empty((await StoreVerifier.VerifyAsync(run.Store, null, Token)).Faults);
        await run.FinishAsync();

        // Sums are rounded otherwise where registers are wider or narrower.
        if (Avx512F.IsSupported) Assert.Equal(Weights, Sha(await run.WeightsAsync()));

        // No field that the build would not know, down to the parts.
        var (headAfter, after) = (await HeadAsync(run), await ManifestAsync(run));
        Assert.Equal(8, headAfter["Step"]!.GetValue<long>());
        Assert.Subset(Names(head), Names(headAfter));
        Assert.Subset(Names(manifest), Names(after));
        Assert.Subset(Names(manifest["Parts"]!["head"]!), Names(after["Parts"]!["head"]!));
        Assert.Equal(manifest["FormatVersion"]!.GetValue<int>(), after["FormatVersion"]!.GetValue<int>());
        Assert.Empty((await StoreVerifier.VerifyAsync(run.Store, null, Token)).Faults);
    }

    [Fact]
    public async Task Resume_run_of_an_old_build_may_keep_its_past_from_now_on()
    {
        var run = await OpenAsync();
        await RunFork.CreateAsync(run.Store, ManifestAddress.Last("old"), "fork", Keeping("all"), Token);
        var fork = run.Beside("fork");
        await fork.FinishAsync();
        await run.FinishAsync();
        Assert.Equal(await run.WeightsShaAsync(), await fork.WeightsShaAsync());
        var verified = await RunVerifier.VerifyAsync(run.Store, "fork", null, null, Token);
        Assert.Null(verified.Difference);
        Assert.Equal(4, verified.From);
        await RunCopier.CopyAsync(run.Store, "old", new FolderBlobStore(_folder["copy"]), null, Token);
        Assert.Empty((await StoreVerifier.VerifyAsync(new FolderBlobStore(_folder["copy"]), null, Token)).Faults);
    }

    private static string Sha(IReadOnlyDictionary<string, byte[]> weights)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, bytes) in weights.OrderBy(w => w.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static GivenSettings Keeping(string rule)
    {
        var given = new GivenSettings();
        given.Set(RunSettings.Table.Of(nameof(TrainingSpec.KeepManifests)), rule);
        return given;
    }

    private async Task<TestRun> OpenAsync()
    {
        await using var packed = new GZipStream(
            File.OpenRead(Path.Combine(Repository.Root, "tests", "Grains.Tests", "Fixtures", "old-store.tar.gz")), CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(packed, _folder.Root, overwriteFiles: false, Token);
        return TestRun.Open("old", _folder);
    }

    private static HashSet<string> Names(JsonNode node) => [.. node.AsObject().Select(p => p.Key)];

    private static async Task<JsonNode> HeadAsync(TestRun run) =>
        JsonNode.Parse((await run.Store.GetDocumentAsync("runs/old/head.json", Token))!.Content)!;

    private static async Task<JsonNode> ManifestAsync(TestRun run)
    {
        var head = (await RunStore.ReadHeadAsync(run.Store, "old", Token))!;
        using var content = await run.Store.ReadAsync(head.Manifest!, Token);
        return JsonNode.Parse(content.ToArray())!;
    }
}
