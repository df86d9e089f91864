using System.Diagnostics;
using System.Globalization;
using LisaOrleans.Cluster;

namespace LisaOrleans.Bench;

/// <summary>
/// Makes the disk under a store, an output or temporary files full or read-only at any moment of a run: the run is paused or
/// refused with one line that says what to put right, and once that is done the same command goes on and ends with the bits of an
/// undisturbed run.
/// </summary>
internal static class FullDisksBenchmark
{
    private const string Remedy = "no space is left on the disk; free some or move what can be moved";
    private const string ReadOnlyRemedy = "it is on a disk that can only be read; mount it for writing";

    private const string TemporaryRemedy = "free some space there, or set TMPDIR to a folder that takes them";

    private static readonly DiskTrial[] s_trials =
    [
        new("store full in the import", "store", "size=600k"),
        new("store full in the first saves", "store", "size=3m"),
        new("store full in later saves", "store", "size=12m"),
        new("store read-only while it trains", "store", "size=256m") { ReadOnlyAfter = "step 7/" },
        new("store read-only while it imports", "store", "size=256m") { ReadOnlyAfter = "" },
        new("output full of logs", "out", "size=32k"),
        new("output full in the export", "out", "size=400k"),
        new("output read-only", "out", "size=64m,ro"),
        new("temporary files full in the import", "temp", "size=8k"),
        new("temporary files read-only", "temp", "size=8k,ro"),
        new("store and output on one full disk", "", "size=4m"),
        new("store full amid many saves", "store", "size=20m"),
    ];

    public static async Task<int> Run(int tries)
    {
        var folder = Directory.CreateTempSubdirectory("lisa-full-").FullName;
        var alone = Path.Combine(folder, "alone");
        await TestCluster.SucceedsAsync(folder, ["train", .. DiskTrial.Settings, "--output", alone]);
        Console.WriteLine($"SHA-256 {FamilyExport.Sha(alone)[..12]} undisturbed; everything in {folder}");
        var failures = 0;
        for (var i = 0; i < tries; i++)
        {
            var trial = s_trials[i % s_trials.Length];
            var watch = Stopwatch.StartNew();
            var (fault, said) = await PlayAsync(trial, Directory.CreateDirectory(Path.Combine(folder, $"{i}")).FullName, alone);
            if (fault is not null) failures++;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{i + 1,3} {trial.What,-38} {fault ?? "as it should be"} ({watch.Elapsed.TotalSeconds:0} s)"));
            Console.WriteLine($"      {said.Replace(folder, "…", StringComparison.Ordinal)}");
        }

        failures += await FullDisksOfSilos.RunAsync(Path.Combine(folder, "cluster"), alone);
        Console.WriteLine($"{tries} full disks of processes, and those of a silo: {failures} not as they should be");
        return failures == 0 ? 0 : 1;
    }

    private static async Task<(string? Fault, string Said)> PlayAsync(DiskTrial trial, string folder, string alone)
    {
        var (store, output, temp) = (Path.Combine(folder, "store"), Path.Combine(folder, "out"), Path.Combine(folder, "temp"));
        var log = Path.Combine(folder, "log");
        await using var disk = await SmallDisk.MountAsync(Path.Combine(folder, trial.Where), trial.Options, log)
            ?? throw new InvalidOperationException("this system lets nobody mount a small disk");
        Directory.CreateDirectory(disk.PathOf(temp));
        string[] command = ["train", .. DiskTrial.Settings, "--log-format", "plain", "--store", store, "--output", output];
        var environment = new Dictionary<string, string> { ["TMPDIR"] = temp };
        await using var first = ProgramRun.Start(log, command, disk.Within, environment);
        if (trial.ReadOnlyAfter is { } line)
        {
            if (line.Length > 0) await first.UntilAsync(l => l.StartsWith(line, StringComparison.Ordinal));
            else while (!Directory.Exists(disk.PathOf(Path.Combine(store, "blobs")))) await Task.Delay(1);
            while (!await disk.RemountAsync("ro", log) && !first.Process.HasExited) await Task.Delay(5);
        }

        var code = await first.EndAsync();
        var said = string.Join(" | ", first.Complaints);
        if (code == 0) return ("DID NOT NOTICE", said);
        var remedy = trial.Where == "temp" ? TemporaryRemedy
            : trial.ReadOnlyAfter is null && !trial.Options.EndsWith(",ro", StringComparison.Ordinal) ? Remedy : ReadOnlyRemedy;
        if (first.Complaints is not [var only] || !only.Contains(remedy, StringComparison.Ordinal)) return ("DOES NOT SAY WHAT TO DO", said);
        if (first.Lines.FirstOrDefault(l => l.Contains("   at ", StringComparison.Ordinal)) is { } trace) return ($"HAS A STACK TRACE {trace}", said);

        if (!await disk.RemountAsync("rw,size=256m", log)) return ("THE DISK COULD NOT BE MADE LARGER", said);
        await using var second = ProgramRun.Start(log, command, disk.Within, environment);
        if (await second.EndAsync() is not 0 and var end) return ($"THEN ENDED WITH {end}: {string.Join(" | ", second.Complaints)}", said);
        var model = trial.Where is "out" or "" ? disk.PathOf(output) : output;
        return (RunFiles.Differences(alone, model) is [var difference, ..] ? $"DIFFERS: {difference}" : null, said);
    }
}
