using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

/// <summary><c>lisa push</c>: a model's folder to the hub, as one commit. Prints the commit.</summary>
internal static class PushCommand
{
    private const string Readme = "README.md";

    public static async Task<int> Run(SettingValues values, string? model, CancellationToken cancellationToken)
    {
        var id = HubModelId.TryParse(model!)
            ?? throw new UsageException($"MODEL: '{model}' must be ORG/MODEL, or ORG/MODEL@BRANCH");
        var folder = values.FullPath(KnownSettings.Folder);
        if (!Directory.Exists(folder)) throw new UsageException($"--{KnownSettings.Folder.Flag}: {folder}: no such folder");
        ModelSettings.TellUnread(folder);
        if (HubCache.Missing(folder) is { Count: > 0 } missing)
            throw new UsageException($"--{KnownSettings.Folder.Flag}: {folder} has no {string.Join(", ", missing)}");
        var options = HubOptions.FromEnvironment();
        if (options.Token is null)
            throw new HubException($"{options.Endpoint} takes models from those only who have a token; set HF_TOKEN to one that may write");

        using var client = new HubClient(options);
        Console.WriteLine(await new HubUpload(client, id).PushAsync(
            folder, Files(folder), others => ErrorReport.Write($"deleted from {id}, as {folder} has no such files: {string.Join(", ", others)}"),
            values.Flag(KnownSettings.Private), cancellationToken));
        return ExitCodes.Done;
    }

    private static IReadOnlyList<string> Files(string folder) =>
        [.. ModelFileNames.In(folder), .. WeightFiles.Of(folder), .. new[] { Readme }.Where(name => File.Exists(Path.Combine(folder, name)))];
}
