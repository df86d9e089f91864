using LisaOrleans.Checkpoints;
using LisaOrleans.Client;
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Silo;

namespace LisaOrleans.Cli;

/// <summary>Turns what went wrong into one line for people and an exit code.</summary>
internal static class ErrorReport
{
    private const string TraceVariable = "LISA_TRACE";

    // Messages quote names from other people's files, which a terminal must not take for commands. And not everything that
    // was typed is for others to see: a store's key, a password.
    public static void Write(string message) =>
        StandardError.WriteLine($"lisa: {Terminal.Clean(SecretMask.Apply(message), kept: "\n")}");

    public static int Write(Exception e)
    {
        Write(Message(e is AggregateException { InnerException: { } inner } ? inner : e));
        if (Environment.GetEnvironmentVariable(TraceVariable) == "1") StandardError.WriteLine(SecretMask.Apply(e.ToString()));
        else if (CodeOf(e) == ExitCodes.Failed && !IsKnown(e)) StandardError.WriteLine($"      ({TraceVariable}=1 shows where)");
        return CodeOf(e);
    }

    // One line, but for the list of changed settings. .NET adds the name of a parameter, which says nothing to people.
    private static string Message(Exception e) => e switch
    {
        RunExistsException exists => $"run '{exists.Run}' was begun with other settings:{string.Concat(exists.Differences.Select(d => $"\n  {d}"))}\n"
            + "Use the same settings, another run name, or --overwrite to start over."
            + (exists.Advice is { } advice ? $"\n{char.ToUpperInvariant(advice[0])}{advice[1..]}." : ""),
        ArgumentException { ParamName: { } parameter } =>
            e.Message.Replace($" (Parameter '{parameter}')", "", StringComparison.Ordinal).ReplaceLineEndings(" "),
        _ => e.Message.ReplaceLineEndings(" "),
    };

    // The line says what to put right: where in the program it was met helps nobody.
    private static bool IsKnown(Exception e) => e is StoreRefusedException or TemporaryFolderException or ClusterUnavailableException;

    private static int CodeOf(Exception e) => e switch
    {
        UsageException or HubException => ExitCodes.WrongUsageOrInput,
        InvalidDataFileException or ModelConfigException or DatasetException or TokenizerException => ExitCodes.WrongUsageOrInput,
        BlobCorruptException or BlobMissingException or StoreLocationException or RunHeldException => ExitCodes.WrongUsageOrInput,
        FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException or ArgumentException => ExitCodes.WrongUsageOrInput,
        RunNotFoundException or RunExistsException or RunEndedException => ExitCodes.WrongUsageOrInput,
        InvalidTrainingSettingException or InvalidTrainingInputException => ExitCodes.WrongUsageOrInput,
        PortInUseException or MembershipUnusableException or ClusterTlsException => ExitCodes.WrongUsageOrInput,
        OperationCanceledException => ExitCodes.Interrupted,
        _ => ExitCodes.Failed,
    };
}
