namespace LisaOrleans.Data;

/// <summary>Which configuration of a folder is read, as load_dataset chooses it.</summary>
/// <param name="Config">The configuration; null where the folder declares none.</param>
/// <param name="Others">The names of the others.</param>
/// <param name="Split">The split that was named; null for none.</param>
internal sealed record HubChoice(HubConfig? Config, IReadOnlyList<string> Others, string? Split)
{
    /// <summary>Chooses it.</summary>
    /// <exception cref="DatasetException">There are several, and none was named.</exception>
    public static HubChoice Of(DataSourcePath source)
    {
        var (part, configs) = (source.Part, source.Kind == DataSourceKind.Folder ? HubCard.Read(source.Path) : []);
        if (configs.Count == 0) return new HubChoice(null, [], part);
        if (part?.Split('/', 2) is [var first, .. var rest] && configs.FirstOrDefault(c => c.Name == first) is { } named)
            return Chosen(named, rest.FirstOrDefault());
        var mayBeSplit = part?.Contains('/', StringComparison.Ordinal) != true;
        if (mayBeSplit && configs.Where(c => configs.Count == 1 || c.IsDefault).ToArray() is [var usual]) return Chosen(usual, part);
        var names = string.Join(", ", configs.Select(c => c.Name));
        throw new DatasetException(part is null
            ? $"{source.Path}: its README.md declares configurations {names}, and not one default; "
                + $"name one of them: {source.Path}#{configs[0].Name}"
            : $"{source.Path}: has no configuration '{part.Split('/')[0]}'; its README.md declares {names}");

        HubChoice Chosen(HubConfig config, string? split) => new(config, [.. configs.Where(c => c != config).Select(c => c.Name)], split);
    }
}
