using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace LisaOrleans.Cli;

/// <summary>Some fields of a cluster's description, each with the place where it was written. What nobody asked for is refused.</summary>
internal sealed class ClusterFields(string place)
{
    // More than that means nothing.
    private const double Most = 1e9;

    private readonly Dictionary<string, (string Text, string Place)> _given = [];
    private readonly List<string> _known = [];

    /// <summary>The fields of a mapping in a file; those of lists and mappings are left to the caller.</summary>
    public static ClusterFields Of(string path, YamlMappingNode mapping)
    {
        var fields = new ClusterFields($"{path}: line {mapping.Start.Line}");
        foreach (var (key, value) in mapping.Children)
        {
            var line = $"{path}: line {key.Start.Line}";
            if (key is not YamlScalarNode { Value: { } name }) throw new UsageException($"{line}: a key must be a word");
            if (name == ClusterFile.MachinesKey) continue;
            fields.Add(name, value is YamlScalarNode { Value: { } text } ? text : throw new UsageException($"{line}: {name} must be a value"), line);
        }

        return fields;
    }

    public void Add(string name, string text, string where)
    {
        if (!_given.TryAdd(name, (text, where))) throw new UsageException($"{where}: {name} is given twice");
    }

    /// <summary>A number of at least 0.</summary>
    /// <param name="name">The field.</param>
    /// <param name="fallback">If it is not given; null where it must be.</param>
    /// <param name="above">Whether it must not be 0.</param>
    /// <param name="most">The largest number.</param>
    public double Number(string name, double? fallback, bool above = false, double most = Most)
    {
        if (Find(name) is not { } given) return fallback ?? throw Missing(name);
        return double.TryParse(given.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number <= most && (above ? number > 0 : number >= 0)
            ? number
            : throw Wrong(name, given, string.Create(CultureInfo.InvariantCulture, $"a number {(above ? "above" : "of at least")} 0, up to {most}"));
    }

    /// <summary>A whole number from 1.</summary>
    public int Count(string name, int most)
    {
        var given = Find(name) ?? throw Missing(name);
        return int.TryParse(given.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most
            ? number
            : throw Wrong(name, given, $"a whole number from 1 to {most}");
    }

    /// <summary>One of some words; the first where it is not given.</summary>
    public string Word(string name, params IReadOnlyList<string> choices)
    {
        if (Find(name) is not { } given) return choices[0];
        return choices.Contains(given.Text) ? given.Text : throw Wrong(name, given, $"one of {string.Join(", ", choices)}");
    }

    /// <summary>Refuses fields that nobody has asked for.</summary>
    public void RefuseOthers()
    {
        if (_given.Keys.FirstOrDefault(name => !_known.Contains(name)) is not { } unknown) return;
        var meant = NearestName.Of(unknown, _known) is { } near ? $"did you mean '{near}'? " : "";
        throw new UsageException($"{_given[unknown].Place}: unknown field '{unknown}'; {meant}there are {string.Join(", ", _known)}");
    }

    private (string Text, string Place)? Find(string name)
    {
        _known.Add(name);
        return _given.TryGetValue(name, out var given) ? given : null;
    }

    private UsageException Missing(string name) => new($"{place}: {name} is missing");

    private static UsageException Wrong(string name, (string Text, string Place) given, string wanted) =>
        new($"{given.Place}: {name} is '{given.Text}'; it must be {wanted}");
}
