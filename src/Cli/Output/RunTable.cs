using System.Globalization;
using LisaOrleans.Training;
using Spectre.Console;

namespace LisaOrleans.Cli;

/// <summary>The status of runs, for people and for programs.</summary>
internal static class RunTable
{
    public static object ToJson(RunStatus s, LayerSchedule? schedule = null, IReadOnlyDictionary<string, string?>? versions = null) => new
    {
        run = s.Run,
        status = s.State.ToString().ToLowerInvariant(),
        step = s.Step,
        total_steps = s.TotalSteps,
        method = s.Method,
        loss = s.Loss,
        generation = s.Generation,
        recoveries = s.Recoveries,
        moves = s.Moves,
        priority = s.Priority,
        queue_position = s.QueuePosition,
        handed_over_parts = s.Loads.HandedOverParts,
        handed_over_bytes = s.Loads.HandedOverBytes,
        store_parts = s.Loads.StoreParts,
        store_bytes = s.Loads.StoreBytes,
        manifest_step = s.ManifestStep,
        manifest_bytes = s.ManifestBytes,
        stall_seconds = s.StallSeconds,
        kept_manifests = s.KeptManifests,
        history_bytes = s.HistoryBytes,
        error = s.Error,
        kinds = s.Kinds,
        silos = s.Stages.Select(t => new
        {
            silo = t.Silo,
            version = versions?.GetValueOrDefault(t.Silo),
            replica = t.Replica,
            lanes = Lanes(s, t),
            speed = Speed(s, t),
            owns = Owned(s, t),
            parts = t.Parts,
        }),
        exchanged_bytes_per_step = s.Traffic?.Bytes,
        exchange_hidden_share = s.Traffic?.HiddenShare,
        periods = Periods(s, schedule).Select(p => new { period = p.Period, first_step = p.FirstStep, last_step = p.LastStep, layers = p.Layers }),
        layers = schedule?.Layers.Select(l => new { layer = l.Layer, steps = l.Steps, mean_grad_norm = l.MeanGradNorm }),
    };

    public static string Recoveries(RunStatus s) => Quantity.Of(s.Recoveries, "recovery", "recoveries");

    public static void Show(RunStatus s, LayerSchedule schedule, IReadOnlyDictionary<string, string?> versions)
    {
        Console.WriteLine($"run         {s.Run}");
        Console.WriteLine($"status      {s.State.ToString().ToLowerInvariant()}{(s.Error is null ? "" : $": {s.Error}")}");
        if (s.Method is { } method) Console.WriteLine($"method      {method}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step        {s.Step} of {s.TotalSteps}; last manifest at {s.ManifestStep}"));
        if (s.Loss is { } loss) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"loss        {loss:0.0000}"));
        Console.WriteLine(FormattableString.Invariant($"generation  {s.Generation}; {Recoveries(s)}, {Quantity.Of(s.Moves, "move")}"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"loaded      {s.Loads.HandedOverParts} parts from other silos ({s.Loads.HandedOverBytes / 1e6:0.0} MB), "
                + $"{s.Loads.StoreParts} from the store ({s.Loads.StoreBytes / 1e6:0.0} MB)"));
        if (s.KeptManifests > 0) Console.WriteLine($"kept        {RunText.Manifests(s.KeptManifests, s.HistoryBytes)}");
        foreach (var (period, i) in Periods(s, schedule).Select((p, i) => (p, i))) Console.WriteLine($"{(i == 0 ? "layers" : ""),-12}{Line(period)}");
        if (s.Kinds.Count > 1) Console.WriteLine($"computed    by several kinds, whose bits differ: {RunKinds.Describe(s.Kinds)}");
        if (s.Traffic is { } traffic)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"exchanged   {traffic.Bytes / 1e6:0.0} MB between replicas in a step; nobody waited for {traffic.HiddenShare:0 %} of that time"));
        }

        foreach (var stage in s.Stages)
        {
            var version = versions.GetValueOrDefault(stage.Silo) is { } known ? $"version {known}  " : "";
            var replica = s.Stages.Any(t => t.Replica > 0) ? $"replica {stage.Replica}  " : "";
            Console.WriteLine($"{(stage == s.Stages[0] ? "silos" : ""),-12}{stage.Silo}  {version}{replica}{string.Join(' ', stage.Parts)}");
            var speed = Speed(s, stage) is { } measured
                ? string.Create(CultureInfo.InvariantCulture, $"{measured / 1e9:0.0} G multiply-adds a second") : null;
            var lanes = Lanes(s, stage) is { } count ? $"{count} of {s.ReplicaLanes.Sum()} lanes" : null;
            var owns = replica.Length > 0 ? $"owns {string.Join(' ', Owned(s, stage))}" : null;
            var more = string.Join("; ", new[] { lanes, speed, owns }.OfType<string>());
            if (more.Length > 0) Console.WriteLine($"{"",-12}  {more}");
        }
    }

    // Of all gradient lanes, how many its replica has; null where a single replica has all.
    private static int? Lanes(RunStatus s, SiloStage stage) => stage.Replica < s.ReplicaLanes.Count ? s.ReplicaLanes[stage.Replica] : null;

    private static double? Speed(RunStatus s, SiloStage stage) => s.Speeds.TryGetValue(stage.Silo, out var speed) ? speed : null;

    // The parts whose optimizer state is there while they train.
    private static IEnumerable<string> Owned(RunStatus s, SiloStage stage)
    {
        var plan = new StagePlan(s.Stages);
        return stage.Parts.Where(p => plan.OwnerOf(p) == stage.Replica);
    }

    public static void Show(IReadOnlyList<RunStatus> runs)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("run", "status")
            .AddColumn(new TableColumn("step").RightAligned()).AddColumn(new TableColumn("loss").RightAligned());
        foreach (var s in runs)
        {
            table.AddRow(
                Markup.Escape(s.Run), s.State.ToString().ToLowerInvariant() + (s.QueuePosition > 0 ? $" ({s.QueuePosition})" : ""),
                string.Create(CultureInfo.InvariantCulture, $"{s.Step}/{s.TotalSteps}"),
                s.Loss?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "");
        }

        AnsiConsole.Write(table);
    }

    // The period of the next step and those after it, as far as the run goes.
    private static IEnumerable<PeriodLayers> Periods(RunStatus s, LayerSchedule? schedule) =>
        schedule?.Now is { } now ? schedule.Coming.Prepend(now).Where(p => p.FirstStep <= s.TotalSteps && s.Step < s.TotalSteps) : [];

    private static string Line(PeriodLayers period) => period.LastStep is { } last
        ? $"{RunText.Layers(period.Layers)} in steps {period.FirstStep} to {last}"
        : RunText.Layers(period.Layers);
}
