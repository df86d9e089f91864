using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace LisaOrleans.Cli;

/// <summary>Reads settings from a YAML file: one mapping, keys in snake case, relative paths from the file's folder.</summary>
internal static partial class SettingsFile
{
    // A mapping of values and lists has three levels; the tree below is built by recursion, which a hostile file could
    // drive to the end of the stack.
    private const int DeepestNesting = 16;
    private const string StandardTag = "tag:yaml.org,2002:";

    public static void Read(string path, IReadOnlyList<Setting> known, SettingValues values)
    {
        var names = new GivenNames<Setting>();
        foreach (var (key, node) in Root(path, "--config").Children)
        {
            var place = $"{path}: line {key.Start.Line}";
            var name = key is YamlScalarNode { Value: { } text } ? text : throw new UsageException($"{place}: a key must be a word");
            var setting = known.FirstOrDefault(s => s.IsNamed(name))
                ?? throw new UsageException($"{place}: unknown key '{name}'; {SettingNames.Advice(name, known, s => s.Key)}");
            if (names.Add(setting, name) is { } twice) throw new UsageException($"{place}: '{name}' {twice}");
            if (Value(node, place, name, setting) is { } value)
                values.Add(SettingSource.File, setting, value, $"{place}: {name}", name, Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
    }

    /// <summary>The mapping that a file holds.</summary>
    /// <param name="path">The file, or a pipe.</param>
    /// <param name="place">Where it was named, for messages.</param>
    /// <exception cref="UsageException">It cannot be read, or holds something else.</exception>
    public static YamlMappingNode Root(string path, string place)
    {
        var text = NamedFile.ReadText(path, place);
        try
        {
            CheckNesting(path, text);
            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            return yaml.Documents is [{ RootNode: YamlMappingNode root }]
                ? root
                : throw new UsageException($"{path}: must be one mapping of keys to values");
        }
        catch (YamlException e)
        {
            throw new UsageException($"{path}: line {e.Start.Line}: {e.InnerException?.Message ?? e.Message}{Tab(text)}");
        }
    }

    // YAML's most frequent mistake, of which the parser says only that something else was expected.
    private static string Tab(string text) =>
        text.Split('\n').Index().FirstOrDefault(l => l.Item.AsSpan().TrimStart(' ') is ['\t', ..]) is { Item: not null } line
            ? $" (line {line.Index + 1} begins with a tab; YAML wants spaces)"
            : "";

    private static void CheckNesting(string path, string text)
    {
        var parser = new Parser(new StringReader(text));
        for (var depth = 0; parser.MoveNext();)
        {
            depth += parser.Current!.NestingIncrease;
            if (depth > DeepestNesting) throw new UsageException($"{path}: line {parser.Current.Start.Line}: must be one mapping of keys to values");
        }
    }

    // Null where the file says nothing: the setting has its default.
    private static string? Value(YamlNode node, string place, string name, Setting setting)
    {
        switch (node)
        {
            case YamlScalarNode scalar when IsNull(scalar):
                return null;

            case YamlScalarNode scalar:
                return Text(scalar, place, name, setting.Kind);

            case YamlSequenceNode list when setting.IsList && list.All(i => i is YamlScalarNode scalar && !IsNull(scalar)):
                return Join(list.Select(i => Text((YamlScalarNode)i, place, name, setting.Kind)), $"{place}: '{name}'");

            default:
                throw new UsageException($"{place}: '{name}' must be {(setting.IsList ? "a value or a list of values" : "one value")}");
        }
    }

    /// <summary>The text of a list, which has commas between its items.</summary>
    /// <param name="items">The items.</param>
    /// <param name="place">Where it was written, for messages.</param>
    /// <exception cref="UsageException">An item has a comma itself.</exception>
    public static string Join(IEnumerable<string> items, string place) => string.Join(',', items.Select(
        i => i.Contains(',', StringComparison.Ordinal)
            ? throw new UsageException($"{place} has an item with a comma, '{i}'; make it several items")
            : i));

    private static string Text(YamlScalarNode scalar, string place, string name, SettingKind kind)
    {
        if (!scalar.Tag.IsEmpty && !scalar.Tag.IsNonSpecific && !scalar.Tag.Value.StartsWith(StandardTag, StringComparison.Ordinal))
            throw new UsageException($"{place}: '{name}' has the tag {scalar.Tag.Value}, which means nothing here; write the value itself");
        var isNumber = kind is SettingKind.Integer or SettingKind.Number or SettingKind.Integers;
        return isNumber && scalar.Style == ScalarStyle.Plain && OctalOrNot().IsMatch(scalar.Value!)
            ? throw new UsageException(
                $"{place}: {name} is {scalar.Value}, which YAML 1.1 reads as octal and YAML 1.2 as decimal; write it without the leading 0")
            : scalar.Value!;
    }

    // The words of YAML's core schema; in quotes they are words.
    private static bool IsNull(YamlScalarNode scalar) =>
        scalar.Style == ScalarStyle.Plain && scalar.Value is null or "" or "~" or "null" or "Null" or "NULL";

    [GeneratedRegex("^[-+]?0[0-9]")]
    private static partial Regex OctalOrNot();
}
