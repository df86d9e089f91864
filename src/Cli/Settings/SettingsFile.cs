using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace LisaOrleans.Cli;

/// <summary>Reads settings from a YAML file: one mapping, keys in snake case, relative paths from the file's folder.</summary>
internal static class SettingsFile
{
    // A mapping of values and lists has three levels; the tree below is built by recursion, which a hostile file could
    // drive to the end of the stack.
    private const int DeepestNesting = 16;

    public static void Read(string path, IReadOnlyList<Setting> known, SettingValues values)
    {
        if (!File.Exists(path)) throw new UsageException($"--config: no such file: {path}");
        foreach (var (key, node) in Root(path).Children)
        {
            var place = $"{path}: line {key.Start.Line}";
            var name = key is YamlScalarNode { Value: { } text } ? text : throw new UsageException($"{place}: a key must be a word");
            var setting = known.FirstOrDefault(s => s.Key == name)
                ?? throw new UsageException($"{place}: unknown key '{name}'; did you mean '{NearestName.Of(name, known.Select(s => s.Key))}'?");
            values.Add(setting, Value(node, place, name), $"{place}: {name}", Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
    }

    private static YamlMappingNode Root(string path)
    {
        try
        {
            var text = File.ReadAllText(path);
            CheckNesting(path, text);
            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            return yaml.Documents is [{ RootNode: YamlMappingNode root }]
                ? root
                : throw new UsageException($"{path}: must be one mapping of keys to values");
        }
        catch (YamlException e)
        {
            throw new UsageException($"{path}: line {e.Start.Line}: {e.InnerException?.Message ?? e.Message}");
        }
    }

    private static void CheckNesting(string path, string text)
    {
        var parser = new Parser(new StringReader(text));
        for (var depth = 0; parser.MoveNext();)
        {
            depth += parser.Current!.NestingIncrease;
            if (depth > DeepestNesting) throw new UsageException($"{path}: line {parser.Current.Start.Line}: must be one mapping of keys to values");
        }
    }

    private static string Value(YamlNode node, string place, string name) => node switch
    {
        YamlScalarNode scalar => scalar.Value ?? "",
        YamlSequenceNode list when list.All(i => i is YamlScalarNode) => string.Join(',', list.Select(i => ((YamlScalarNode)i).Value)),
        _ => throw new UsageException($"{place}: '{name}' must be a value or a list of values"),
    };
}
