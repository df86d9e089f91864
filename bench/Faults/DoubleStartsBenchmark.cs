using System.Diagnostics;
using System.Globalization;
using LisaOrleans.Cluster;
using LisaOrleans.Data;

namespace LisaOrleans.Bench;

/// <summary>
/// Starts a run a second time, at any moment of the first: a live process keeps it, a dead one loses it, and <c>--take-over</c>
/// takes it. Whoever finishes it gets the bits of an undisturbed run.
/// </summary>
internal static class DoubleStartsBenchmark
{
    private const int Steps = 60;
    private const int Done = 0;
    private const int Failed = 1;
    private const int Refused = 2;
    private const int Interrupted = 130;

    // A different machine, as far as a process can tell: it has its own process ids.
    private static readonly string[] s_elsewhere = ["unshare", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"];

    private static readonly (string What, Func<Trial, Task<string?>> Play)[] s_trials =
    [
        ("two at one moment", Together(2)),
        ("three at one moment", Together(3)),
        ("during the import", Refuse(t => t.FileAsync("lease.json"))),
        ("in the first step", Refuse(t => t.First.UntilAsync(l => l.StartsWith("run ", StringComparison.Ordinal)))),
        ("while it saves", Refuse(t => t.SaidAsync("manifest of step "))),
        ("while it evaluates", Refuse(t => t.SaidAsync($"step {t.Random.NextInt(3) * 10 + 10}/"))),
        ("with --overwrite", Refuse(t => t.SaidAsync("step "), "--overwrite")),
        ("by another path to the store", Refuse(t => t.SaidAsync("step "), "--store", "LINK")),
        ("from another machine", RefuseFrom(s_elsewhere, t => t.SaidAsync("step "))),
        ("from another machine by another path", RefuseFrom(s_elsewhere, t => t.SaidAsync("step "), "--store", "LINK")),
        ("while the first is stopped (SIGSTOP)", FrozenAsync),
        ("from another machine while it is stopped", FrozenElsewhereAsync),
        ("after a pause (SIGINT)", GoesOn(t => t.First.Process.InterruptAsync(TimeSpan.FromMinutes(1)), Interrupted)),
        ("after a notice (SIGTERM)", GoesOn(t => t.First.Process.TerminateAsync(TimeSpan.FromMinutes(1)), Interrupted)),
        ("after its death", GoesOn(KillAsync, null)),
        ("from another machine after its death", GoesOn(KillAsync, null, s_elsewhere)),
        ("with --take-over in a step", TakeOver(t => t.SaidAsync("step "))),
        ("with --take-over during the import", TakeOver(t => t.FileAsync("lease.json"))),
        ("with --take-over from another machine", TakeOver(t => t.SaidAsync("manifest of step "), s_elsewhere)),
        ("after its end", AgainAsync),
    ];

    public static async Task<int> Run(int tries, ulong seed)
    {
        var folder = Directory.CreateTempSubdirectory("lisa-double-").FullName;
        var alone = Path.Combine(folder, "alone");
        await TestCluster.SucceedsAsync(folder, Trial.Train(alone));
        Console.WriteLine($"{Steps} steps, SHA-256 {FamilyExport.Sha(alone)[..12]} undisturbed; everything in {folder}");
        var failures = 0;
        for (var i = 0; i < tries; i++)
        {
            var (what, play) = s_trials[i % s_trials.Length];
            var own = Directory.CreateDirectory(Path.Combine(folder, $"{i}")).FullName;
            await using var trial = new Trial(own, new CounterRandom(seed + (ulong)i, 4));
            var watch = Stopwatch.StartNew();
            string? fault;
            try
            {
                fault = await play(trial) ?? (RunFiles.Differences(alone, trial.Output) is [var first, ..] ? $"DIFFERS: {first}" : null);
            }
            catch (Exception e) when (e is InvalidOperationException or TimeoutException or IOException)
            {
                fault = e.Message;
            }

            if (fault is not null) failures++;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{i + 1,3} {what,-45} {fault ?? "as it should be"}; answered after {trial.AnswerSeconds:0.0} s, "
                    + $"{watch.Elapsed.TotalSeconds:0} s in all"));
        }

        Console.WriteLine($"{tries} double starts: {failures} not as they should be");
        return failures == 0 ? 0 : 1;
    }

    private static Func<Trial, Task<string?>> Together(int count) => async trial =>
    {
        ProgramRun[] all = [.. Enumerable.Range(0, count).Select(_ => trial.Start([]))];
        var codes = await Task.WhenAll(all.Select(a => a.EndAsync()));
        if (codes.Count(c => c == Done) == 0) return $"NONE TRAINED: {string.Join(' ', codes)}";
        return all.Zip(codes).Where(a => a.Second != Done).Select(a => trial.Refusal(a.First, a.Second)).FirstOrDefault(f => f is not null);
    };

    private static Func<Trial, Task<string?>> Refuse(Func<Trial, Task> when, params string[] more) => RefuseFrom([], when, more);

    private static Func<Trial, Task<string?>> RefuseFrom(string[] within, Func<Trial, Task> when, params string[] more) => async trial =>
    {
        await trial.BeginAsync(when);
        var second = trial.Start(more, within);
        return trial.Refusal(second, await trial.AnswerAsync(second)) ?? Code(await trial.First.EndAsync(), Done, trial.First);
    };

    private static Func<Trial, Task<string?>> GoesOn(Func<Trial, Task> end, int? code, params string[] within) => async trial =>
    {
        await trial.BeginAsync(t => t.SaidAsync($"step {t.Random.NextInt(20) + 5}/"));
        await end(trial);
        var first = await trial.First.EndAsync();
        if (code is { } expected && Code(first, expected, trial.First) is { } fault) return fault;
        var second = trial.Start([], within);
        await trial.AnswerAsync(second, l => l.StartsWith("step ", StringComparison.Ordinal));
        return Code(await second.EndAsync(), Done, second);
    };

    private static Func<Trial, Task<string?>> TakeOver(Func<Trial, Task> when, params string[] within) => async trial =>
    {
        await trial.BeginAsync(when);
        var second = trial.Start(["--take-over"], within);
        return Code(await second.EndAsync(), Done, second) ?? Taken(await trial.First.EndAsync(), trial.First);
    };

    private static async Task<string?> FrozenAsync(Trial trial)
    {
        await trial.BeginAsync(t => t.SaidAsync($"step {t.Random.NextInt(20) + 5}/"));
        trial.First.Process.Freeze();
        var second = trial.Start([]);
        var fault = trial.Refusal(second, await trial.AnswerAsync(second));
        trial.First.Process.Thaw();
        return fault ?? Code(await trial.First.EndAsync(), Done, trial.First);
    }

    // Nobody can tell such a machine from one that is dead: it loses the run, and finds out when it wakes.
    private static async Task<string?> FrozenElsewhereAsync(Trial trial)
    {
        await trial.BeginAsync(t => t.SaidAsync($"step {t.Random.NextInt(20) + 5}/"));
        trial.First.Process.Freeze();
        var second = trial.Start([], s_elsewhere);
        await trial.AnswerAsync(second, l => l.StartsWith("step ", StringComparison.Ordinal));
        trial.First.Process.Thaw();
        return Taken(await trial.First.EndAsync(), trial.First) ?? Code(await second.EndAsync(), Done, second);
    }

    private static async Task<string?> AgainAsync(Trial trial)
    {
        await trial.BeginAsync(t => t.First.EndAsync());
        var second = trial.Start([]);
        return Code(await trial.AnswerAsync(second), Done, second);
    }

    private static Task KillAsync(Trial trial) => trial.First.Process.KillAsync();

    private static string? Code(int code, int expected, ProgramRun run) =>
        code == expected ? null : $"ENDED WITH {code}, NOT {expected}: {string.Join(" | ", run.Complaints)}";

    private static string? Taken(int code, ProgramRun first) =>
        Code(code, Failed, first) ?? (first.Complaints is [var line] && line.Contains("was taken over", StringComparison.Ordinal)
            ? null
            : $"SAID {string.Join(" | ", first.Complaints)}");

    /// <summary>One run, and the processes that start it.</summary>
    private sealed class Trial(string folder, CounterRandom random) : IAsyncDisposable
    {
        private readonly List<ProgramRun> _started = [];

        public string Output { get; } = Path.Combine(folder, "out");

        public CounterRandom Random => random;

        public ProgramRun First => _started[0];

        /// <summary>How long the second start took to answer.</summary>
        public double AnswerSeconds { get; private set; }

        public static string[] Train(string output) =>
        [
            "train", .. TrainingArguments.Sample(Steps), "--eval-steps", "10", "--eval-data",
            Path.Combine(Executables.Repository, "samples", "animals-held-out.jsonl"), "--log-format", "plain", "--output", output,
        ];

        public ProgramRun Start(string[] more, string[]? within = null)
        {
            var link = Path.Combine(folder, "link");
            if (more.Contains("LINK") && !Directory.Exists(link)) Directory.CreateSymbolicLink(link, Path.Combine(Output, "lisa-store"));
            var run = ProgramRun.Start(
                Path.Combine(folder, $"{_started.Count}.log"), [.. Train(Output), .. more.Select(m => m == "LINK" ? link : m)],
                within is { Length: > 0 } ? within : null);
            _started.Add(run);
            return run;
        }

        public async Task BeginAsync(Func<Trial, Task> when)
        {
            Start([]);
            await when(this);
            await Task.Delay(random.NextInt(100));
        }

        public Task SaidAsync(string start) => First.UntilAsync(l => l.StartsWith(start, StringComparison.Ordinal));

        /// <summary>Waits for a document of the run.</summary>
        public async Task FileAsync(string name)
        {
            var path = Path.Combine(Output, "lisa-store", "runs", TrainingSpec.DefaultRunName, name);
            while (!File.Exists(path) && !First.Process.HasExited) await Task.Delay(1);
        }

        /// <summary>Waits for the end of the second start, or for a line that it says.</summary>
        public async Task<int> AnswerAsync(ProgramRun second, Func<string, bool>? said = null)
        {
            var watch = Stopwatch.StartNew();
            if (said is not null) await second.UntilAsync(said);
            var code = said is null ? await second.EndAsync() : 0;
            AnswerSeconds = watch.Elapsed.TotalSeconds;
            return code;
        }

        /// <summary>What is wrong with a refusal; null if nothing is.</summary>
        public string? Refusal(ProgramRun second, int code) =>
            code == Refused && second.Lines is [var line]
                && line.StartsWith("lisa: run 'default' is being trained by process ", StringComparison.Ordinal)
                ? null
                : $"ENDED WITH {code}: {string.Join(" | ", second.Lines.TakeLast(3))}";

        public async ValueTask DisposeAsync()
        {
            foreach (var run in _started) await run.DisposeAsync();
        }
    }
}
