using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training.Tests;

public sealed class RunLengthTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ImportAsync_more_epochs_than_can_be_counted_in_steps_are_refused()
    {
        using var folder = new TempFolder();
        var spec = TinyStories.Spec(1) with { MaxSteps = null, NumTrainEpochs = 1e300 };
        var error = await Assert.ThrowsAsync<InvalidTrainingSettingException>(
            () => RunImporter.ImportAsync(new FolderBlobStore(folder.Root), TinyStories.Request(spec), null, Token));
        Assert.Equal("num_train_epochs", error.Setting);
    }
}
