using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

/// <summary>Whether the HTTP API's keys can be read, as a silo reads them.</summary>
internal static class KeysCheck
{
    private const string Subject = "api keys";

    /// <summary>Looks; null where no file is named.</summary>
    public static Check? Run(SettingValues values)
    {
        try
        {
            return HttpServerOptions.Keys(values) is { } keys
                ? new Check(Subject, Verdict.Ok, $"{keys.Count} in {values.OptionalPath(KnownSettings.ApiKeyFile)}")
                : null;
        }
        catch (Exception e) when (e is UsageException or InvalidDataFileException)
        {
            return new Check(Subject, Verdict.Fault, e.Message);
        }
    }
}
