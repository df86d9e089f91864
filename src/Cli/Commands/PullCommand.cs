namespace LisaOrleans.Cli;

/// <summary><c>lisa pull</c>: a model of the hub into the cache. Prints its folder.</summary>
internal static class PullCommand
{
    public static async Task<int> Run(SettingValues values, string? model, CancellationToken cancellationToken)
    {
        var id = HubModelId.TryParse(model!)
            ?? throw new UsageException($"MODEL: '{model}' must be ORG/MODEL, such as openai-community/gpt2, or ORG/MODEL@REVISION");
        Console.WriteLine(await HubModels.PullAsync(id, cancellationToken));
        return ExitCodes.Done;
    }
}
