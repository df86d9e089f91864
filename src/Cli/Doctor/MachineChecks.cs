using System.Globalization;
using System.Runtime.InteropServices;
using LisaOrleans.Silo;

namespace LisaOrleans.Cli;

/// <summary>The program, the machine, and the library that computes.</summary>
internal static class MachineChecks
{
    private const long LittleMemory = 2L << 30;
    private const long LittleSpace = 1L << 30;

    public static IEnumerable<Check> Run()
    {
        yield return new Check(
            "lisa", Verdict.Ok,
            $"{SiloVersion.Own}, .NET {Environment.Version}, {RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}");
        yield return Memory();
        yield return Temporary();
        DeviceReport? report = null;
        Exception? failure = null;
        try
        {
            report = DeviceReport.Make();
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or NotSupportedException or ExternalException)
        {
            failure = e.InnerException ?? e;
        }

        if (report is null)
        {
            yield return new Check(
                "libtorch", Verdict.Fault, $"does not load: {failure!.Message.ReplaceLineEndings(" ")}",
                "Run the build of this machine's system (Linux on x64), with all of its files together.");
            yield break;
        }

        yield return new Check("libtorch", Verdict.Ok, $"{report.Libtorch}, trains on {report.Device}, {Environment.ProcessorCount} cores");
        yield return new Check(
            "matrices", Verdict.Ok,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{report.Float32 / 1e9:0} GFLOP/s in float32, {report.BFloat16 / 1e9:0} in bfloat16: a bfloat16 model computes in "
                    + $"{report.Compute} here (--compute-dtype auto)"));
    }

    private static Check Memory()
    {
        var bytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var finding = string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB");
        return bytes >= LittleMemory
            ? new Check("memory", Verdict.Ok, finding)
            : new Check("memory", Verdict.Warning, finding, "Little for training. lisa plan --model FOLDER says what a model needs.");
    }

    private static Check Temporary()
    {
        var folder = Path.GetTempPath();
        try
        {
            using (File.Create(Path.Combine(folder, $"lisa-doctor-{Guid.NewGuid():N}"), 1, FileOptions.DeleteOnClose)) { }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Check(
                "temporary", Verdict.Fault, Directory.Exists(folder) ? $"{folder} cannot be written to: {e.Message}" : $"{folder}: no such folder",
                "Set TMPDIR to a folder that can: tokens and uploads pass through it.");
        }

        var free = new DriveInfo(folder).AvailableFreeSpace;
        var finding = string.Create(CultureInfo.InvariantCulture, $"{folder}, {free / 1e9:0.0} GB free");
        return free >= LittleSpace
            ? new Check("temporary", Verdict.Ok, finding)
            : new Check(
                "temporary", Verdict.Warning, finding, "Free some space, or set TMPDIR to another folder: tokens and uploads pass through it.");
    }
}
