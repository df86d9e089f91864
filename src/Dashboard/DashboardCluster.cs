using LisaOrleans.Grains;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Dashboard;

/// <summary>The cluster's silos for the dashboard, asked at most once a second.</summary>
internal sealed partial class DashboardCluster
{
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(800);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    // A machine that is busy for a moment is not silent.
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(6);

    private readonly IClusterView _cluster;
    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Refresher _refresher;
    private readonly Dictionary<string, Known> _known = [];
    private readonly Dictionary<string, OpenQuestion<SiloLoad>> _asked = [];

    public DashboardCluster(IClusterView cluster, IGrainFactory grains, TimeProvider time, ILogger<DashboardCluster> logger)
    {
        (_cluster, _grains, _time, _logger) = (cluster, grains, time, logger);
        _refresher = new Refresher(time, s_moment, Look);
    }

    /// <summary>The cluster's id; null for an embedded silo.</summary>
    public string? Id => _cluster.ClusterId;

    /// <summary>The silos as they were last seen.</summary>
    public IReadOnlyList<SiloView> Silos { get; private set; } = [];

    /// <summary>Asks the silos, unless that was just done.</summary>
    public Task Fresh() => _refresher.Fresh();

    private async Task Look()
    {
        var members = _cluster.Members();
        var living = members.Where(m => m.State != MemberState.Dead).Select(m => Endpoint(m.Address)).ToHashSet();

        // A silo that came back on the same port takes its predecessor's place.
        var shown = members.Where(m => m.State != MemberState.Dead || !living.Contains(Endpoint(m.Address)))
            .GroupBy(m => Endpoint(m.Address)).Select(g => g.MaxBy(m => Generation(m.Address))!).ToArray();
        foreach (var gone in _known.Keys.Except(shown.Select(m => m.Address)).ToArray()) _known.Remove(gone);
        foreach (var gone in _asked.Keys.Except(members.Select(m => m.Address)).ToArray()) _asked.Remove(gone);

        var loads = await Task.WhenAll(shown.Select(Load));
        Silos = [.. shown.Zip(loads, View)];
    }

    private async Task<SiloLoad?> Load(SiloMember member)
    {
        if (member.State is not (MemberState.Active or MemberState.Leaving)) return null;
        if (!_asked.TryGetValue(member.Address, out var question)) _asked[member.Address] = question = new(_time);
        try
        {
            return await question.Ask(_grains.GetGrain<ISiloGrain>(member.Address).GetLoad, s_patience);
        }
        catch (Exception e)
        {
            // The silo may be gone without anybody having noticed yet; the page says that it does not answer.
            LogSilent(e, member.Address);
            return null;
        }
    }

    private SiloView View(SiloMember member, SiloLoad? load)
    {
        if (!_known.TryGetValue(member.Address, out var known)) _known[member.Address] = known = new Known(member, _time.GetTimestamp());

        // Kept here because the cluster forgets what a dead silo said about itself.
        if (member.Roles.Count > 0) known.Member = member;
        if (load is not null) known.Heard = _time.GetTimestamp();
        var silent = member.State == MemberState.Active && _time.GetElapsedTime(known.Heard) > s_silence;
        return new SiloView
        {
            Address = member.Address,
            State = silent ? "silent" : member.State.ToString().ToLowerInvariant(),
            Roles = known.Member.Roles,
            MemoryBytes = known.Member.MemoryBytes,
            Threads = known.Member.Threads,
            Version = known.Member.Version,
            Device = load?.Device,
            ProcessBytes = load?.ProcessBytes,
            UpSeconds = load?.UpSeconds,
            Utilisation = load is null ? null : known.Busy.Add(load.UpSeconds, load.BusySeconds) is { } share ? Math.Clamp(share, 0, 1) : null,
        };
    }

    private static string Endpoint(string address) => address.Split('@')[0];

    private static long Generation(string address) =>
        long.Parse(address.AsSpan(address.IndexOf('@', StringComparison.Ordinal) + 1), System.Globalization.CultureInfo.InvariantCulture);

    private sealed class Known(SiloMember member, long heard)
    {
        public SiloMember Member { get; set; } = member;

        public long Heard { get; set; } = heard;

        public RateMeter Busy { get; } = new(s_window);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Silo {Silo} does not say how busy it is")]
    private partial void LogSilent(Exception exception, string silo);
}
