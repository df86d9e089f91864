using System.Globalization;
using LisaOrleans.Cluster;

namespace LisaOrleans.Bench;

/// <summary>What kills cost runs of several replicas: how long until they make steps again, and how fast these come without the silo.</summary>
internal sealed class ReplicaKills(RunObserver observer, ChaosDriver driver)
{
    private const double WantedSeconds = 4;
    private const double WantedShare = 0.5;

    // Steps that are waited for before a kill, and after it before the silo is started again.
    private const int Steps = 3;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly List<double> _seconds = [];
    private readonly List<double> _shares = [];
    private readonly List<double> _sharesBesideStart = [];

    // The last kill whose silo has not joined again yet.
    private (RunStatus After, double SpeedBefore)? _open;

    /// <summary>Kills after which fewer than all replicas but one went on, of those that could have.</summary>
    public int TooFew { get; private set; }

    /// <summary>Waits until the speed before a kill is known; false where the run is over.</summary>
    public async Task<bool> PrepareAsync()
    {
        using var time = new CancellationTokenSource(s_patience);
        while (true)
        {
            var status = await driver.StatusAsync();
            if (status?.State == RunState.Succeeded) return false;
            var trains = status?.State == RunState.Running;
            if (trains && observer.SpeedBefore(status!.Generation, DateTimeOffset.UtcNow, least: Steps) is not null) return true;
            await Task.Delay(20, time.Token);
        }
    }

    /// <summary>The run goes on after a kill, and nothing was started in the killed silo's place.</summary>
    /// <param name="before">Before the kill.</param>
    /// <param name="after">Now.</param>
    /// <param name="measure">Whether to wait for some steps, to measure how fast they come.</param>
    public async Task NextStepAsync(RunStatus before, RunStatus after, bool measure)
    {
        var replicas = Replicas(before);
        if (replicas < 2) return;
        _seconds.Add(driver.Report.KillSeconds[^1]);
        var killed = DateTimeOffset.UtcNow - TimeSpan.FromSeconds(driver.Report.KillSecondsOfTwo[^1]);
        if (Replicas(after) < replicas - 1) TooFew++;
        Console.WriteLine($"  {ReplicaLayout.Of(before)} -> {ReplicaLayout.Of(after)}");
        if (!measure || observer.SpeedBefore(before.Generation, killed, least: 2) is not { } speed) return;
        using var time = new CancellationTokenSource(s_patience);
        while (await driver.StatusAsync() is not { } status || (status.State == RunState.Running && status.Step < after.Step + Steps))
            await Task.Delay(20, time.Token);
        if (observer.SpeedFrom(after, DateTimeOffset.UtcNow) is not { } alone) return;
        _shares.Add(alone / speed);
        _open = (after, speed);
    }

    /// <summary>The killed silo has been replaced.</summary>
    public void Replaced()
    {
        if (_open is var (after, speed) && observer.SpeedFrom(after, DateTimeOffset.UtcNow) is { } all) _sharesBesideStart.Add(all / speed);
        _open = null;
    }

    /// <summary>Prints what was measured.</summary>
    public void Show()
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"kills in runs of several replicas: to the next committed step p50 {ChaosReport.Percentile(_seconds, 0.5):0.0} s "
            + $"(wanted: {WantedSeconds:0}), p99 {ChaosReport.Percentile(_seconds, 0.99):0.0} s, n {_seconds.Count}"));
        Console.WriteLine($"  fewer than all replicas but one went on after {TooFew} of them");
        Shares($"steps a second from then on, while no other silo is started, beside before (wanted: {WantedShare:0.0})", _shares);
        Shares("  until another one has joined, whose process starts on the same cores", _sharesBesideStart);

        static void Shares(string what, List<double> shares) => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: p50 {ChaosReport.Percentile(shares, 0.5):0.00}, least {shares.DefaultIfEmpty().Min():0.00}, n {shares.Count}"));
    }

    private static int Replicas(RunStatus status) => status.Stages.Select(s => s.Replica).Distinct().Count();
}
