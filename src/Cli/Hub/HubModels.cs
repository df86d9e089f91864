using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

/// <summary>Models of the hub as folders on this machine.</summary>
internal static class HubModels
{
    /// <summary>
    /// The folder of a model: from the cache if it is complete there, otherwise from the hub. Where that is out of reach, one that lacks
    /// nothing but the tokenizer is taken: not every command needs it, and an adapter may bring it.
    /// </summary>
    /// <exception cref="HubException">It cannot be had; offline with what is missing.</exception>
    public static async Task<string> GetAsync(HubModelId model, CancellationToken cancellationToken)
    {
        var options = HubOptions.FromEnvironment();
        var found = new HubCache(options.Cache, model).Find();
        var missing = found is null ? [] : HubCache.Missing(found);
        string[] tokenizer = found is null || HubCache.HasTokenizer(found) ? [] : ["its tokenizer"];
        var usable = missing.Count == 0 ? found : null;
        if (usable is not null && (tokenizer.Length == 0 || options.Offline)) return usable;
        if (!options.Offline)
        {
            try
            {
                return await PullAsync(options, model, cancellationToken);
            }
            catch (HubException e) when (usable is not null && e.IsPassing)
            {
                ErrorReport.Write($"{model} lacks its tokenizer in the cache {options.Cache}, and {e.Message}");
                return usable;
            }
        }

        var lack = found is null ? "is not there" : $"lacks {string.Join(", ", missing.Concat(tokenizer))}";
        throw new HubException(
            $"{model} {lack} in the cache {options.Cache}, and HF_HUB_OFFLINE forbids to fetch it; lisa pull {model} does where it is not set");
    }

    /// <summary>Downloads a model into the cache as it is on the hub now; returns its folder.</summary>
    public static Task<string> PullAsync(HubModelId model, CancellationToken cancellationToken)
    {
        var options = HubOptions.FromEnvironment();
        return options.Offline
            ? throw new HubException($"{model} cannot be fetched: HF_HUB_OFFLINE forbids it")
            : PullAsync(options, model, cancellationToken);
    }

    private static async Task<string> PullAsync(HubOptions options, HubModelId model, CancellationToken cancellationToken)
    {
        using var client = new HubClient(options);
        var cache = new HubCache(options.Cache, model);
        var download = new HubDownload(client, cache);
        var (commit, names) = await client.ListAsync(model, cancellationToken);
        foreach (var name in names.Where(n => ModelFileNames.IsKnown(n) || n == WeightFiles.Index)) await Fetch(name);

        var folder = cache.Snapshot(commit);
        foreach (var name in Directory.Exists(folder) ? HubCache.Missing(folder, names) : [ModelFileNames.Config])
        {
            if (!names.Contains(name))
                throw new HubException($"{model} has no {name}; only safetensors weights with a {ModelFileNames.Config} are read");
            await Fetch(name);
        }

        await cache.SetRevisionAsync(commit, cancellationToken);
        return folder;

        async Task Fetch(string name)
        {
            if (File.Exists(Path.Combine(cache.Snapshot(commit), name))) return;
            var file = await client.DescribeAsync(model, commit, name, cancellationToken);
            await download.FetchAsync(model, commit, file, cancellationToken);
            cache.Link(commit, file);
        }
    }
}
