namespace LisaOrleans.Data.Tests;

/// <summary>Small templates against Python's jinja2: what they write, or that they fail.</summary>
public sealed class JinjaSemanticsTests
{
    private const string Variables =
        """
        {"s": "Hello, wörld", "e": "", "emoji": "a😀b", "n": null, "t": true, "f": false, "i": 7, "neg": -3, "x": 2.5, "big": 12345678901234567890123,
         "l": [3, 1, 2], "el": [], "mixed": [1, "a", null, true, 2.0, [1], {"k": "v"}], "d": {"b": 1, "a": "two", "items": [9], "c": null}, "ed": {},
         "words": ["b", "A", "c", "a"],
         "people": [{"name": "Bo", "age": 3, "tags": ["x"]}, {"name": "al", "age": 1}, {"name": "Cy", "age": 2, "tags": []}],
         "ws": "  padded\t\n", "lines": "one\ntwo\r\nthree\u2028four\n", "quote": "it's \"q\" \\ \n\t\u0001 ü \u200b", "html": "<a href='x'>&\"</a>",
         "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}, {"role": "assistant", "content": "A"}]}
        """;

    [Theory]
    [MemberData(nameof(Files))]
    public void Render_equals_jinja2(string file)
    {
        JinjaOracle.Require();
        var templates = File.ReadAllText(Path.Combine(Folder, file)).Split("\n---\n").Select(t => t.TrimEnd('\n')).Where(t => t.Length > 0).ToList();
        Assert.NotEmpty(templates);
        var differences = templates.Select(t => JinjaOracle.Difference(t, Variables)).Where(d => d is not null).ToList();
        Assert.True(differences.Count == 0, $"{differences.Count} of {templates.Count} differ:\n{string.Join("\n", differences)}");
    }

    public static IEnumerable<TheoryDataRow<string>> Files() =>
        Directory.GetFiles(Folder, "*.txt").Order().Select(f => new TheoryDataRow<string>(Path.GetFileName(f)));

    private static string Folder => Path.Combine(Repository.Root, "tests", "Data.Tests", "Templates", "Jinja", "Cases");
}
