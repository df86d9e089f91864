using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Checkpoints.Tests;

public sealed class FolderBlobStoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PutAsync_blob_is_written_once_and_read_back()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        var blob = new BytesBlob(Encoding.UTF8.GetBytes("abc"));
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", blob.Sha256);

        Assert.True(await store.PutAsync(blob, Token));
        Assert.False(await store.PutAsync(blob, Token));
        using var content = await store.ReadAsync(new BlobRef(blob.Sha256, 3), Token);
        Assert.Equal("abc", Encoding.UTF8.GetString(content.ToArray()));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/etc/passwd")]
    [InlineData("runs//x")]
    [InlineData("runs/../../x")]
    [InlineData("runs/.hidden")]
    [InlineData("runs/a b")]
    public async Task PutDocumentAsync_path_out_of_the_store_is_refused(string path)
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder["store"]);
        await Assert.ThrowsAsync<ArgumentException>(() => store.PutDocumentAsync(path, default, null, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => store.GetDocumentAsync(path, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => store.RenewAsync(new BlobRef(path, 1), Token));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FolderBlobStore_that_is_gone_is_refused_and_not_made_anew(bool leavesFolder)
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder["store"]);
        var blob = new BytesBlob([1]);
        var named = new BlobRef(blob.Sha256, 1);
        await store.PutAsync(blob, Token);
        var run = await TestRun.AcquireAsync(store);
        Directory.Delete(folder["store"], recursive: true);
        if (leavesFolder) Directory.CreateDirectory(folder["store"]);
        Func<Task>[] calls =
        [
            () => store.PutAsync(blob, Token), () => store.ReadAsync(named, Token), () => store.RenewAsync(named, Token),
            () => store.GetDocumentAsync("runs/r/head.json", Token), () => store.PutDocumentAsync("runs/r/lease.json", default, null, Token),
            () => run.SetStateAsync(RunHeadStates.Paused, null, Token),
        ];
        foreach (var call in calls)
        {
            var e = await Assert.ThrowsAsync<StoreRefusedException>(call);
            Assert.Equal($"{folder["store"]}: the store is gone (no folder blobs): is it mounted?", e.Message);
        }

        Assert.Equal(leavesFolder ? [] : null, Directory.Exists(folder["store"]) ? Directory.EnumerateFileSystemEntries(folder["store"]) : null);
    }

    // The clock of a machine that shares the folder, or this one's, is wrong: the folder's own decides what is new.
    [Fact]
    public async Task RenewAsync_blob_gets_the_time_of_the_disk_unless_it_is_young_by_that()
    {
        using var folder = new TempFolder();
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var store = new FolderBlobStore(folder["store"], time);
        var blob = new BytesBlob([1]);
        var (named, file) = (new BlobRef(blob.Sha256, 1), folder[$"store/blobs/{blob.Sha256[..2]}/{blob.Sha256}"]);
        await store.PutAsync(blob, Token);
        var now = File.GetLastWriteTimeUtc(file);
        foreach (var hours in (int[])[24, -24])
        {
            File.SetLastWriteTimeUtc(file, now.AddHours(hours));
            Assert.True(await store.RenewAsync(named, Token));
            Assert.InRange(File.GetLastWriteTimeUtc(file), now, now.AddMinutes(5));
            File.SetLastWriteTimeUtc(file, now.AddHours(hours));
            Assert.False(await store.PutAsync(blob, Token));
            Assert.InRange(File.GetLastWriteTimeUtc(file), now, now.AddMinutes(5));
        }

        var renewed = File.GetLastWriteTimeUtc(file);
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.True(await store.RenewAsync(named, Token));
        Assert.Equal(renewed, File.GetLastWriteTimeUtc(file));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(await store.RenewAsync(named, Token));
        Assert.NotEqual(renewed, File.GetLastWriteTimeUtc(file));
    }

    [Fact]
    public async Task PutAsync_blob_that_was_just_written_gets_another_version()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        var blob = new BytesBlob([1]);
        await store.PutAsync(blob, Token);
        var versions = new HashSet<string>();
        for (var i = 0; i < 50; i++)
        {
            Assert.True(versions.Add((await store.ListAsync(Token).SingleAsync(Token)).Version));
            Assert.False(await store.PutAsync(blob, Token));
        }
    }

    // A store may be the root of a disk, where the system keeps a folder of its own; and parts of it may lie on another.
    [Fact]
    public async Task ListDocumentsAsync_names_that_no_document_has_are_passed_over()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder["store"]);
        string[] foreign =
        [
            "notes/my file.json", "my notes/a.json", ".ipynb_checkpoints/a.json", "lost+found/a.json", "runs/a copy/head.json",
            $"runs/{new string('a', 101)}/head.json", $"runs/{new string('a', 101)}/lease.json", "blobs/lost+found/a",
        ];
        foreach (var file in foreign)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[$"store/{file}"])!);
            await File.WriteAllTextAsync(folder[$"store/{file}"], "{", Token);
        }

        SetMode(UnixFileMode.None);

        // Whoever is root may read it all the same.
        Assert.DoesNotContain(StoreFiles.PathsIn(folder["store"]), f => f.Contains("lost+found", StringComparison.Ordinal));
        var named = new BytesBlob([1]);
        await store.PutAsync(named, Token);
        Directory.CreateDirectory(folder["elsewhere"]);
        File.CreateSymbolicLink(folder["store/files"], folder["elsewhere"]);
        await store.PutDocumentAsync("files/f.json", Encoding.UTF8.GetBytes($$"""{"sha256":"{{named.Sha256}}"}"""), null, Token);
        await store.PutAsync(new BytesBlob([2]), Token);

        Assert.Equal(["files/f.json"], await store.ListDocumentsAsync("files/", Token).ToListAsync(Token));
        var runs = await store.ListDocumentsAsync("runs/", Token).ToListAsync(Token);
        Assert.Equal(runs.Append("files/f.json").Order(), (await store.ListDocumentsAsync("", Token).ToListAsync(Token)).Order());
        Assert.DoesNotContain("runs/a copy/head.json", runs);
        Assert.Null(await HeldRuns.FindAsync(store, Token));
        Assert.Empty((await StoreVerifier.VerifyAsync(store, null, Token)).Faults);
        Assert.Equal(1, (await GarbageCollector.CollectAsync(store, TimeSpan.Zero, TimeProvider.System, Token)).Deleted);
        Assert.True(await store.ExistsAsync(named.Sha256, Token));
        SetMode(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.All(foreign, f => Assert.True(File.Exists(folder[$"store/{f}"]), f));

        void SetMode(UnixFileMode mode)
        {
            foreach (var closed in (string[])["lost+found", "blobs/lost+found"])
                if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder[$"store/{closed}"], mode);
        }
    }

    // Downloads of other programs have such names, too, and people keep models beside runs, or link to them.
    [Fact]
    public async Task DeleteUnfinishedAsync_files_of_others_stay()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder["store"]);
        await store.PutAsync(new BytesBlob([1]), Token);
        string[] others =
        [
            Write("store/models/big.safetensors.partial"), Write("store/.download.partial"), Write("store/x.taken.partial"),
            Write($"linked/.model.{Guid.NewGuid():N}.partial"),
        ];
        File.CreateSymbolicLink(folder["store/link"], folder["linked"]);
        var own = Write($"store/runs/r/.head.json.{Guid.NewGuid():N}.partial");

        await store.DeleteUnfinishedAsync(TimeSpan.Zero, DateTimeOffset.UtcNow.AddDays(2), Token);

        Assert.All(others, f => Assert.True(File.Exists(f), f));
        Assert.False(File.Exists(own));

        string Write(string path)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[path])!);
            File.WriteAllText(folder[path], "x");
            return folder[path];
        }
    }
}
