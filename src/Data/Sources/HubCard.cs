using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace LisaOrleans.Data;

/// <summary>
/// Reads the configurations that the README.md of a folder declares between its first two lines of dashes, as load_dataset does
/// (MetadataConfigs in metadata.py of datasets).
/// </summary>
internal static partial class HubCard
{
    // A list of mappings of lists of mappings of lists. The tree is built by recursion, which a hostile file could drive to the end
    // of the stack, as it could the hashes of keys by aliases.
    private const int DeepestNesting = 16;

    /// <summary>The configurations; none where it declares none.</summary>
    /// <exception cref="DatasetException">What it declares cannot be read.</exception>
    public static IReadOnlyList<HubConfig> Read(string folder)
    {
        var path = Path.Combine(folder, DataSourcePaths.Card);
        var card = File.Exists(path) ? File.ReadAllText(path) : "";

        // What else it says is for people.
        var matter = FrontMatter().Match(card).Value;
        if (Configs().Match(matter) is not { Success: true, Value: var yaml, Index: var at }) return [];
        var before = matter.AsSpan(0, at).Count('\n');
        try
        {
            Check(yaml);
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            var root = stream.Documents is [{ RootNode: YamlMappingNode mapping }] ? mapping : throw Wrong(path, "must be a mapping");
            return Child(root, "configs") switch
            {
                null or YamlScalarNode { Value: null or "" or "null" or "~" } => [],
                YamlSequenceNode configs => [.. configs.Select(c => Config(path, c))],
                _ => throw Wrong(path, "'configs' must be a list"),
            };
        }
        catch (YamlException e)
        {
            throw Wrong(path, $"line {before + e.Start.Line}: {e.InnerException?.Message ?? e.Message}");
        }
    }

    private static HubConfig Config(string path, YamlNode node)
    {
        if (node is not YamlMappingNode config || Text(Child(config, "config_name")) is not { } name)
            throw Wrong(path, "each of 'configs' must have a config_name");
        var isDefault = name == "default" || Text(Child(config, "default"))?.ToLowerInvariant() is "true" or "yes" or "on";
        var folder = Text(Child(config, "data_dir"))?.TrimEnd('/') ?? "";
        return new HubConfig(name, isDefault, folder.StartsWith("./", StringComparison.Ordinal) ? folder[2..] : folder, Splits());

        IReadOnlyList<(string, IReadOnlyList<string>)>? Splits() => Child(config, "data_files") switch
        {
            null => null,
            YamlSequenceNode { Children: [YamlMappingNode, ..] } list => [.. list.Select(Split)],
            var files => [(DataSplit.Train.Name, Patterns(files))],
        };

        (string Name, IReadOnlyList<string> Patterns) Split(YamlNode item) =>
            item is YamlMappingNode mapping && Text(Child(mapping, "split")) is { } split
                ? (split, Patterns(Child(mapping, "path")))
                : throw Malformed();

        IReadOnlyList<string> Patterns(YamlNode? node) => node switch
        {
            YamlSequenceNode { Children.Count: > 0 } list => [.. list.Select(i => Text(i) ?? throw Malformed())],
            _ => [Text(node) ?? throw Malformed()],
        };

        DatasetException Malformed() => Wrong(
            path, $"data_files of configuration '{name}' must be a path, a list of paths, or a list of split and path");
    }

    private static YamlNode? Child(YamlMappingNode mapping, string key) =>
        mapping.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null;

    private static string? Text(YamlNode? node) => node is YamlScalarNode { Value: { Length: > 0 } text } ? text : null;

    private static void Check(string yaml)
    {
        var parser = new Parser(new StringReader(yaml));
        for (var depth = 0; parser.MoveNext();)
        {
            depth += parser.Current!.NestingIncrease;
            if (depth > DeepestNesting) throw new YamlException(parser.Current.Start, parser.Current.End, "is nested too deep");
            if (parser.Current is AnchorAlias) throw new YamlException(parser.Current.Start, parser.Current.End, "aliases are not read");
        }
    }

    private static DatasetException Wrong(string path, string problem) =>
        new($"{path}: {problem}; mend it, or name the files to be read");

    // As huggingface_hub finds it.
    [GeneratedRegex(@"^\s*---[\r\n]+[\S\s]*?[\r\n]+---(?:\r\n|\n|$)")]
    private static partial Regex FrontMatter();

    // With the lines below it that are indented, list items, comments or empty.
    [GeneratedRegex(@"^['""]?configs['""]?\s*:.*(\n([ \t#\r].*|-(?!--).*|$))*", RegexOptions.Multiline)]
    private static partial Regex Configs();
}
