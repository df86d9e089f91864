using System.Globalization;

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>
/// Processes that swap a document of one folder, and freeze (SIGSTOP) at the worst moments: the others go on, and what one had begun
/// before it froze overwrites nothing when it wakes.
/// </summary>
public sealed class FrozenSwapTests : IDisposable
{
    private const string Document = AddingProcess.Document;

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("created")]
    [InlineData("written")]
    [InlineData("flushed")]
    [InlineData("locked")]
    [InlineData("compared")]
    [InlineData("renamed")]
    public async Task PutDocumentAsync_process_that_freezes_at_any_moment_blocks_nobody_and_overwrites_nothing(string boundary)
    {
        var store = Open();
        await store.PutDocumentAsync(Document, "0"u8.ToArray(), null, Token);
        await using var frozen = await StartFrozenAsync($"{boundary} 1");
        var value = await CountAsync(store);
        Assert.Equal(boundary == "renamed" ? 1 : 0, value);
        for (var swap = 0; swap < 3; swap++) await AddOneAsync(store);

        frozen.Thaw();
        Assert.Equal(0, await frozen.ExitAsync(TimeSpan.FromMinutes(1)));

        // The swap that it had begun is refused, and done once more on what is there now.
        Assert.Equal(4, await CountAsync(store));
        Assert.Equal(boundary == "renamed" ? "0" : "1", await File.ReadAllTextAsync(_folder["refused"], Token));
        await AssertOnlyDocumentAsync(store);
    }

    [Fact]
    public async Task PutDocumentAsync_whoever_breaks_the_lock_may_die_before_unfinished_writes_are_deleted()
    {
        var store = Open();
        await store.PutDocumentAsync(Document, "0"u8.ToArray(), null, Token);
        await using var frozen = await StartFrozenAsync("compared 1");
        WriteBoundary.Observer = (boundary, _) =>
        {
            if (boundary == "replaced") throw new SimulatedCrashException();
        };
        await Assert.ThrowsAsync<SimulatedCrashException>(() => AddOneAsync(store));
        WriteBoundary.Observer = null;
        Assert.NotEmpty(Directory.GetFiles(_folder["store/runs/r"], "*" + AtomicFile.TemporarySuffix));

        await AddOneAsync(Open());

        frozen.Thaw();
        Assert.Equal(0, await frozen.ExitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(2, await CountAsync(store));
        Assert.Equal("1", await File.ReadAllTextAsync(_folder["refused"], Token));
        await AssertOnlyDocumentAsync(store);
    }

    [Fact]
    public async Task PutDocumentAsync_thousands_of_swaps_by_processes_of_which_some_freeze_lose_none()
    {
        const int Each = 500;
        var store = Open();
        await store.PutDocumentAsync(Document, "0"u8.ToArray(), null, Token);
        string[] stops = ["", "compared 100", "renamed 200", "locked 300"];
        var processes = stops.Select(s => Start(s, Each)).ToArray();
        var own = 0;
        try
        {
            // Each that froze wakes when others have swapped.
            var frozenAt = new Dictionary<ServerProcess, int>();
            while (processes.Any(p => !p.HasExited))
            {
                await AddOneAsync(store);
                own++;
                var value = await CountAsync(store);
                foreach (var process in processes.Where(IsFrozen))
                {
                    if (frozenAt.TryAdd(process, value) || value < frozenAt[process] + 5) continue;
                    frozenAt.Remove(process);
                    process.Thaw();
                }
            }

            Assert.All(processes, p => Assert.Equal(0, p.ExitCode));
            Assert.Equal((stops.Length * Each) + own, await CountAsync(store));
            await AssertOnlyDocumentAsync(store);
        }
        finally
        {
            foreach (var process in processes) await process.DisposeAsync();
        }
    }

    [Fact]
    public async Task DeleteDocumentAsync_lock_of_a_frozen_process_is_broken()
    {
        var store = Open();
        await store.PutDocumentAsync(Document, "0"u8.ToArray(), null, Token);
        await using var frozen = await StartFrozenAsync("compared 1");
        await store.DeleteDocumentAsync(Document, Token);
        Assert.Null(await store.GetDocumentAsync(Document, Token));
        await store.PutDocumentAsync(Document, "7"u8.ToArray(), null, Token);
        frozen.Thaw();
        Assert.Equal(0, await frozen.ExitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(8, await CountAsync(store));
    }

    // As builds before SwapLock have it: an empty file that is locked, and a write of the same name and kind.
    [Fact]
    public async Task PutDocumentAsync_lock_of_a_frozen_earlier_build_is_broken_and_its_write_ended()
    {
        var store = Open();
        await store.PutDocumentAsync(Document, "0"u8.ToArray(), null, Token);
        var file = _folder[$"store/{Document}"];
        await File.WriteAllBytesAsync(file + SwapLock.Suffix, [], Token);
        var unfinished = Path.Combine(Path.GetDirectoryName(file)!, $".head.json.{Guid.NewGuid():N}.partial");
        await File.WriteAllTextAsync(unfinished, "9", Token);
        await using (new FileStream(file + SwapLock.Suffix, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            await AddOneAsync(store);
            Assert.Throws<FileNotFoundException>(() => File.Move(unfinished, file, overwrite: true));
        }

        // The earlier build gets the new lock as it got the old one.
        await using (new FileStream(file + SwapLock.Suffix, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
            Assert.Equal(1, await CountAsync(store));
        await AddOneAsync(store);
        Assert.Equal(2, await CountAsync(store));
        await AssertOnlyDocumentAsync(store);
    }

    private static Task<int> AddOneAsync(IBlobStore store) => AddingProcess.AddOneAsync(store, Token);

    private static async Task<int> CountAsync(IBlobStore store) => AddingProcess.Value((await store.GetDocumentAsync(Document, Token))!);

    private static bool IsFrozen(ServerProcess process)
    {
        if (process.HasExited) return false;
        var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/stat"));
        return stat[stat.LastIndexOf(')') + 2] == 'T';
    }

    private FolderBlobStore Open() => new(_folder["store"]);

    private async Task<ServerProcess> StartFrozenAsync(string stop)
    {
        var process = Start(stop, 1);
        await Until.True(() => process.HasExited || IsFrozen(process));
        Assert.False(process.HasExited, await File.ReadAllTextAsync(_folder[Log(stop)], Token));
        return process;
    }

    private ServerProcess Start(string stop, int count) => AddingProcess.Start(_folder["store"], count, stop, _folder[Log(stop)]);

    private static string Log(string stop) => $"log {stop}";

    private async Task AssertOnlyDocumentAsync(FolderBlobStore store)
    {
        await store.DeleteUnfinishedAsync(TimeSpan.Zero, DateTimeOffset.UtcNow.AddMinutes(1), Token);
        var names = Directory.GetFiles(_folder["store/runs/r"]).Select(f => Path.GetFileName(f));
        Assert.Equal(["head.json", "head.json.lock"], names.Order(StringComparer.Ordinal));
    }
}
