using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>Who lives keeps the run, who is dead loses it: by the machine's own proof at once, else by beats that do not come.</summary>
public sealed class RunLeaseTests : IDisposable
{
    private static readonly LeaseOptions s_options = new();
    private static readonly RunHolder s_here = RunHolder.ThisProcess;
    private static readonly RunHolder s_elsewhere = new("elsewhere", "other-host", 1, null, "another boot", "1");

    private readonly TempFolder _folder = new();
    private readonly FolderBlobStore _store;

    // Stands still unless a test moves it, so what ends all the same has not waited.
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    public RunLeaseTests() => _store = new FolderBlobStore(_folder.Root);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AcquireAsync_living_process_of_this_machine_is_refused_at_once_and_named()
    {
        await using var first = await Acquire(Another(Environment.ProcessId, s_here.Started));
        var e = await Assert.ThrowsAsync<RunHeldException>(() => Acquire(s_here));
        Assert.Contains(
            $"run 'r' is being trained by process {Environment.ProcessId} on host 'this-host' since ", e.Message, StringComparison.Ordinal);
        Assert.Contains("--take-over", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AcquireAsync_process_of_this_machine_that_is_gone_is_replaced_at_once()
    {
        using var process = Process.Start("true");
        await process.WaitForExitAsync(Token);
        await using var dead = await Acquire(Another(process.Id, "12345"));
        await using var next = await Acquire(s_here);
    }

    [Fact]
    public async Task AcquireAsync_process_id_that_is_another_process_by_now_is_replaced_at_once()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "other systems do not tell when a process began");
        await using var dead = await Acquire(Another(Environment.ProcessId, "1"));
        await using var next = await Acquire(s_here);
    }

    [Theory]
    [InlineData(-30)]
    [InlineData(0)]
    [InlineData(30)]
    public async Task AcquireAsync_silent_machine_is_replaced_after_the_patience_whatever_its_clock_says(int days)
    {
        var theirs = new FakeTimeProvider(_time.GetUtcNow().AddDays(days));
        await using var dead = await RunLease.AcquireAsync(_store, "r", s_elsewhere, false, s_options, theirs, Token);
        var next = Acquire(s_here);
        var waited = await Pass(next);
        await using var taken = await next;
        Assert.True(waited >= s_options.Patience, $"taken after {waited}");
    }

    [Theory]
    [InlineData(-30)]
    [InlineData(30)]
    public async Task AcquireAsync_machine_that_beats_is_refused_whatever_its_clock_says(int days)
    {
        var theirs = new FakeTimeProvider(_time.GetUtcNow().AddDays(days));
        await using var alive = await RunLease.AcquireAsync(_store, "r", s_elsewhere, false, s_options, theirs, Token);
        var next = Acquire(s_here);
        var before = (await _store.GetDocumentAsync("runs/r/lease.json", Token))!.ETag;
        theirs.Advance(s_options.Period);
        await Until.True(async () => (await _store.GetDocumentAsync("runs/r/lease.json", Token))!.ETag != before);
        await Pass(next);
        var e = await Assert.ThrowsAsync<RunHeldException>(() => next);
        Assert.Contains("process 1 on host 'other-host'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AcquireAsync_many_at_one_moment_one_gets_it()
    {
        var tries = Enumerable.Range(0, 20).Select(
            i => Task.Run(() => Acquire(Another(Environment.ProcessId, s_here.Started) with { Id = $"{i}" }))).ToArray();
        await Task.WhenAll(tries).ContinueWith(_ => { }, Token, TaskContinuationOptions.None, TaskScheduler.Default);
        await using var lease = await Assert.Single(tries, t => t.IsCompletedSuccessfully);
        Assert.Equal(19, tries.Count(t => t.Exception?.InnerException is RunHeldException));
    }

    [Fact]
    public async Task AcquireAsync_let_go_of_is_had_at_once()
    {
        await (await Acquire(s_elsewhere)).DisposeAsync();
        await using var next = await Acquire(s_here);
    }

    [Fact]
    public async Task AcquireAsync_same_cluster_continues_at_once_and_another_cluster_waits_longer()
    {
        var silo = s_elsewhere with { Cluster = "c" };
        await using var first = await Acquire(silo);
        await using var second = await Acquire(s_here with { Id = "b", Cluster = "c", IsPeer = id => id == silo.Id });
        var single = Acquire(s_here with { Id = "single" });
        await Pass(single);
        Assert.Contains("cluster 'c'", (await Assert.ThrowsAsync<RunHeldException>(() => single)).Message, StringComparison.Ordinal);

        await second.DisposeAsync();
        await using var third = await RunLease.AcquireAsync(_store, "r", silo with { Id = "third" }, false, s_options, new FakeTimeProvider(), Token);
        var other = Acquire(s_here with { Cluster = "d" });
        Assert.True(await Pass(other) >= s_options.ClusterPatience);
        await using var fourth = await other;
    }

    [Fact]
    public async Task AcquireAsync_another_cluster_of_the_same_name_keeps_its_run_while_it_beats()
    {
        var theirs = new FakeTimeProvider();
        await using var alive = await RunLease.AcquireAsync(_store, "r", s_elsewhere with { Cluster = "c" }, false, s_options, theirs, Token);
        var silo = s_here with { Id = "b", Cluster = "c", IsPeer = id => id != s_elsewhere.Id };
        var asked = Acquire(silo);
        var before = (await _store.GetDocumentAsync("runs/r/lease.json", Token))!.ETag;
        theirs.Advance(s_options.Period);
        await Until.True(async () => (await _store.GetDocumentAsync("runs/r/lease.json", Token))!.ETag != before);
        await Pass(asked);
        var e = await Assert.ThrowsAsync<RunHeldException>(() => asked);
        Assert.Contains("run 'r' is being trained by another cluster 'c' (host 'other-host') since ", e.Message, StringComparison.Ordinal);
        Assert.Contains("another --cluster-id", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("--take-over", e.Message, StringComparison.Ordinal);

        asked = Acquire(silo);
        Assert.True(await Pass(asked) >= s_options.ClusterPatience);
        await using var taken = await asked;
    }

    [Fact]
    public async Task EndAsync_what_silos_of_the_cluster_have_left_is_had_at_once_and_what_others_have_is_not()
    {
        await HeldRuns.EndAsync(_store, "r", "c", Token);
        await using var left = await RunLease.AcquireAsync(
            _store, "r", s_elsewhere with { Cluster = "c" }, false, s_options, new FakeTimeProvider(), Token);
        await HeldRuns.EndAsync(_store, "r", "d", Token);
        Assert.DoesNotContain("\"Released\":true", await ReadAsync(), StringComparison.Ordinal);
        await HeldRuns.EndAsync(_store, "r", "c", Token);
        await using var next = await Acquire(s_here with { Cluster = "c" });
        Assert.DoesNotContain("IsPeer", await ReadAsync(), StringComparison.Ordinal);

        async Task<string> ReadAsync() => Encoding.UTF8.GetString((await _store.GetDocumentAsync("runs/r/lease.json", Token))!.Content);
    }

    [Fact]
    public async Task AcquireAsync_taking_over_ends_the_owner_before()
    {
        await using var first = await Acquire(s_elsewhere);
        await using var second = await RunLease.AcquireAsync(_store, "r", s_here, takeOver: true, s_options, new FakeTimeProvider(), Token);
        await Until.True(() => Step(() => first.Lost.IsCancellationRequested));
        Assert.False(second.Lost.IsCancellationRequested);
        await first.DisposeAsync();

        // An owner that has lost the lease releases nothing.
        await Assert.ThrowsAsync<RunHeldException>(() => Acquire(s_elsewhere with { Machine = s_here.Machine, Id = "third" }));
    }

    [Fact]
    public async Task IsBeatingAsync_cluster_that_beats_is_seen_and_one_that_is_silent_is_not()
    {
        var theirs = new FakeTimeProvider();
        await using var silo = await RunLease.AcquireAsync(_store, "r", s_elsewhere with { Cluster = "c" }, false, s_options, theirs, Token);
        var asked = IsBeating("c");
        var waited = await Pass(asked);
        Assert.False(await asked);
        Assert.True(waited >= s_options.Period * 2, $"given up after {waited}");

        asked = IsBeating("c");
        var before = (await _store.GetDocumentAsync("runs/r/lease.json", Token))!.ETag;
        theirs.Advance(s_options.Period);
        await Until.True(async () => (await _store.GetDocumentAsync("runs/r/lease.json", Token))!.ETag != before);
        await Pass(asked);
        Assert.True(await asked);
    }

    [Fact]
    public async Task IsBeatingAsync_nobody_another_cluster_or_one_that_let_go_is_answered_without_waiting()
    {
        Assert.False(await IsBeating("c"));
        var silo = await Acquire(s_elsewhere with { Cluster = "c" });
        Assert.False(await IsBeating("d"));
        await silo.DisposeAsync();
        Assert.False(await IsBeating("c"));
    }

    [Fact]
    public async Task BreakAsync_living_owner_loses_it_and_the_next_gets_it_at_once()
    {
        await RunLease.BreakAsync(_store, "r", Token);
        await using var first = await Acquire(s_elsewhere);
        await RunLease.BreakAsync(_store, "r", Token);
        await using var next = await RunLease.AcquireAsync(_store, "r", s_here, false, s_options, new FakeTimeProvider(), Token);
        await Until.True(() => Step(() => first.Lost.IsCancellationRequested));
    }

    [Fact]
    public async Task RunStore_AcquireAsync_living_owner_elsewhere_is_refused_and_one_s_own_is_not()
    {
        await using var lease = await Acquire(Another(Environment.ProcessId, s_here.Started));
        await Assert.ThrowsAsync<RunHeldException>(() => RunStore.AcquireAsync(_store, "r", new RunClaim(RunHeadStates.Running), Token));
        Assert.Null(await RunStore.ReadHeadAsync(_store, "r", Token));
        await lease.DisposeAsync();
        await using var own = await Acquire(s_here);
        Assert.Equal(1, (await RunStore.AcquireAsync(_store, "r", new RunClaim(RunHeadStates.Running), Token)).Generation);
    }

    [Fact]
    public async Task CheckAsync_damaged_document_is_named()
    {
        await _store.PutDocumentAsync("runs/r/lease.json", "{\"Holder\":1}"u8.ToArray(), null, Token);
        var e = await Assert.ThrowsAsync<InvalidDataFileException>(() => RunLease.CheckAsync(_store, "r", s_here, s_options, _time, Token));
        Assert.Contains("runs/r/lease.json", e.Message, StringComparison.Ordinal);
        Assert.Contains("--take-over", e.Message, StringComparison.Ordinal);
        await using var taken = await RunLease.AcquireAsync(_store, "r", s_here, takeOver: true, s_options, _time, Token);
        await RunLease.CheckAsync(_store, "r", s_here, s_options, _time, Token);
    }

    [Fact]
    public async Task RunLease_damaged_document_is_written_anew_by_the_next_beat()
    {
        await using var alive = await Acquire(s_here);
        var etag = (await _store.GetDocumentAsync("runs/r/lease.json", Token))!.ETag;
        await _store.PutDocumentAsync("runs/r/lease.json", "{\"Hol"u8.ToArray(), etag, Token);
        _time.Advance(s_options.Period);
        await Until.True(async () => (await _store.GetDocumentAsync("runs/r/lease.json", Token))!.Content.Length > 20);
        Assert.False(alive.Lost.IsCancellationRequested);
        await Assert.ThrowsAsync<RunHeldException>(() => Acquire(Another(Environment.ProcessId, s_here.Started)));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 4)]
    public async Task RunLease_store_that_takes_no_beat_is_told_once_and_the_run_is_not_lost(bool full, int beats)
    {
        var store = new DeafStore(_store, full);
        var told = new List<Exception>();
        await using var alive = await RunLease.AcquireAsync(
            store, "r", s_here, false, s_options with { Unheard = (run, e) => told.Add(run == "r" ? e : new ArgumentException(run)) }, _time, Token);
        for (var round = 1; round <= 2; round++)
        {
            var silent = 0;
            for (store.IsDeaf = true; told.Count < round; silent++) await BeatAsync(store);
            Assert.InRange(silent, beats, beats + 1);
            await BeatAsync(store);
            store.IsDeaf = false;
            await BeatAsync(store);
            await BeatAsync(store);
            Assert.Equal(round, told.Count);
        }

        Assert.All(told, e => Assert.IsType<IOException>(e));
        Assert.False(alive.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task DisposeAsync_after_a_beat_whose_answer_was_lost_still_lets_go()
    {
        var store = new ForgetfulStore(_store);
        var lease = await RunLease.AcquireAsync(store, "r", s_elsewhere, false, s_options, _time, Token);
        var before = (await _store.GetDocumentAsync("runs/r/lease.json", Token))!.ETag;
        store.LosesAnswers = true;
        _time.Advance(s_options.Period);
        await Until.True(async () => (await _store.GetDocumentAsync("runs/r/lease.json", Token))!.ETag != before);
        store.LosesAnswers = false;
        await lease.DisposeAsync();
        var document = (await _store.GetDocumentAsync("runs/r/lease.json", Token))!.Content;
        Assert.Contains("\"Released\":true", Encoding.UTF8.GetString(document), StringComparison.Ordinal);
    }

    private async Task BeatAsync(DeafStore store)
    {
        var before = store.Writes;
        _time.Advance(s_options.Period);
        await Until.True(() => store.Writes > before);
    }

    private static RunHolder Another(int pid, string? started) => s_here with { Id = "another", Host = "this-host", Pid = pid, Started = started };

    private Task<RunLease> Acquire(RunHolder holder) => RunLease.AcquireAsync(_store, "r", holder, takeOver: false, s_options, _time, Token);

    // Lets time go on until something is done; returns how much has gone by.
    private Task<bool> IsBeating(string cluster) => RunLease.IsBeatingAsync(_store, "r", cluster, s_options, _time, Token);

    private async Task<TimeSpan> Pass(Task task)
    {
        var start = _time.GetTimestamp();
        await Until.True(() => Step(() => task.IsCompleted));
        return _time.GetElapsedTime(start);
    }

    private bool Step(Func<bool> done)
    {
        if (done()) return true;
        _time.Advance(s_options.Look);
        return done();
    }

    /// <summary>A store that may take no documents: because it is full, or because it does not answer.</summary>
    private sealed class DeafStore(IBlobStore inner, bool full) : DelegatingBlobStore(inner)
    {
        private const int NoSpace = 28;

        private int _writes;

        public volatile bool IsDeaf;

        public int Writes => Volatile.Read(ref _writes);

        public override async Task<string> PutDocumentAsync(
            string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _writes);
            if (IsDeaf) throw full ? new IOException("No space left on device", NoSpace) : new IOException("away");
            return await base.PutDocumentAsync(path, content, ifMatch, cancellationToken);
        }
    }

    /// <summary>A store that may do what it is asked, and then not answer.</summary>
    private sealed class ForgetfulStore(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        public volatile bool LosesAnswers;

        public override async Task<string> PutDocumentAsync(
            string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken)
        {
            var etag = await base.PutDocumentAsync(path, content, ifMatch, cancellationToken);
            return LosesAnswers ? throw new IOException("the answer is lost") : etag;
        }
    }
}
