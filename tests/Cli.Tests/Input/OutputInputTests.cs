namespace LisaOrleans.Cli.Tests;

/// <summary>Places where nothing can or may be written.</summary>
public sealed class OutputInputTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Train_output_that_is_a_file_is_refused_and_left_alone()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["file"], "mine", Token);
        await Lisa.RefusesAsync(Sample.Train(folder["file"]), "--output", folder["file"], "is a file");
        await Lisa.RefusesAsync(Sample.Train(folder["file/below"]), "--output", folder["file/below"]);
        Assert.Equal("mine", await File.ReadAllTextAsync(folder["file"], Token));
    }

    [Fact]
    public async Task Train_output_that_cannot_be_written_to_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a folder that not even root can write to");
        await Lisa.RefusesAsync(Sample.Train("/proc/lisa"), "--output", "/proc/lisa", "cannot be written to");
    }

    [Fact]
    public async Task Train_store_that_is_a_file_is_refused_and_left_alone()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["file"], "mine", Token);
        await Lisa.RefusesAsync(Sample.Train(folder["out"], more: ["--store", folder["file"]]), "--store", folder["file"]);
        Assert.Equal("mine", await File.ReadAllTextAsync(folder["file"], Token));
        Sample.HasNoFiles(folder["out"]);
    }

    [Fact]
    public async Task Train_output_to_the_models_own_folder_is_refused()
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder);
        var before = Directory.GetFiles(model, "*", SearchOption.AllDirectories);
        await Lisa.RefusesAsync(Sample.Train(model + "/", model), "--output", "own folder");
        Assert.Equal(before, Directory.GetFiles(model, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Train_and_export_damaged_store_is_refused()
    {
        using var folder = new TempFolder();
        await Lisa.SucceedsAsync(Sample.Train(folder["out"], more: ["--max-steps", "1"]));
        var head = folder["out/lisa-store/runs/default/head.json"];
        await File.WriteAllTextAsync(head, "{\"run\":", Token);
        await Lisa.RefusesAsync(Sample.Train(folder["out"], more: ["--max-steps", "1"]), "runs/default/head.json");
        await Lisa.RefusesAsync(["export", "default", "--store", folder["out/lisa-store"], "--output", folder["again"]], "runs/default/head.json");
        Sample.HasNoFiles(folder["again"]);
    }
}
