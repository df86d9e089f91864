using LisaOrleans.Data;

namespace LisaOrleans.Api.Tests;

public sealed class FolderModelTests
{
    [Fact]
    public void Open_folder_is_read_again_only_when_a_file_has_changed()
    {
        using var folder = new TempFolder();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(CompletionServer.Samples.ModelsFolder!, "tiny-stories")))
            File.Copy(file, folder[Path.GetFileName(file)]);
        var first = FolderModel.Open(folder.Root, ChatTemplates.Auto);
        Assert.Same(first, FolderModel.Open(folder.Root, ChatTemplates.Auto, first));
        File.SetLastWriteTimeUtc(folder["tokenizer_config.json"], DateTime.UnixEpoch);
        var changed = FolderModel.Open(folder.Root, ChatTemplates.Auto, first);
        Assert.NotEqual(first.Version, changed.Version);
        Assert.NotSame(changed, FolderModel.Open(folder.Root, "chatml", changed));
    }

    // As in Hugging Face's cache.
    [Fact]
    public void Open_folder_of_links_is_read_again_when_a_target_has_changed()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["blobs"]);
        Directory.CreateDirectory(folder["model"]);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(CompletionServer.Samples.ModelsFolder!, "tiny-stories")))
        {
            var name = Path.GetFileName(file);
            File.Copy(file, folder[$"blobs/{name}"]);
            File.CreateSymbolicLink(folder[$"model/{name}"], folder[$"blobs/{name}"]);
        }

        File.CreateSymbolicLink(folder["model/leads-nowhere"], folder["blobs/nothing"]);
        var first = FolderModel.Open(folder["model"], ChatTemplates.Auto);
        Assert.Same(first, FolderModel.Open(folder["model"], ChatTemplates.Auto, first));
        File.SetLastWriteTimeUtc(folder["blobs/tokenizer_config.json"], DateTime.UnixEpoch);
        Assert.NotSame(first, FolderModel.Open(folder["model"], ChatTemplates.Auto, first));
    }
}
