using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training.Tests;

/// <summary>A run that another process makes while an import reads its files.</summary>
public sealed class MeanwhileTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ImportAsync_run_that_came_into_being_meanwhile_is_resumed()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        var request = TinyStories.Request(TinyStories.Spec(5));
        var calls = 0;

        var outcome = await RunImporter.ImportAsync(store, request, null, Token, new ImportOptions
        {
            BeforeWriting = async token =>
            {
                calls++;
                Assert.False((await RunImporter.ImportAsync(store, request, null, token)).Resumed);
            },
        });

        Assert.Equal((true, 0, 1), (outcome.Resumed, outcome.ManifestStep, calls));
    }

    [Fact]
    public async Task ImportAsync_run_that_came_into_being_meanwhile_with_other_settings_is_refused()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);

        var error = await Assert.ThrowsAsync<RunExistsException>(() => RunImporter.ImportAsync(
            store, TinyStories.Request(TinyStories.Spec(5)), null, Token, new ImportOptions
            {
                BeforeWriting = token => RunImporter.ImportAsync(store, TinyStories.Request(TinyStories.Spec(6)), null, token),
            }));

        Assert.Equal(["max_steps: was 6, now 5"], error.Differences);
    }
}
