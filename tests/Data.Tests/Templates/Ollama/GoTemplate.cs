using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace LisaOrleans.Data.Tests;

/// <summary>
/// As much of Go's text/template as chat templates of Ollama use: if, range with two variables, variables, fields and a few functions,
/// over what Ollama gives a template that asks for messages. Written from the package's documentation.
/// </summary>
internal sealed partial class GoTemplate
{
    private readonly List<(bool IsAction, string Text)> _items = [];

    public GoTemplate(string source)
    {
        var at = 0;
        foreach (Match action in Action().Matches(source))
        {
            Assert.DoesNotContain("{{", source[at..action.Index], StringComparison.Ordinal);
            _items.Add((false, source[at..action.Index]));
            _items.Add((true, action.Groups[1].Value));
            at = action.Index + action.Length;
        }

        _items.Add((false, source[at..]));
    }

    /// <summary>What Ollama makes of a conversation: it gives a template all system messages as one, too.</summary>
    public string Render(IReadOnlyList<ChatMessage> messages)
    {
        var root = new Dictionary<string, object>
        {
            ["Messages"] = messages.ToArray(),
            ["System"] = string.Join("\n\n", messages.Where(m => m.Role == "system").Select(m => m.Content)),
        };
        var (output, at) = (new StringBuilder(), 0);
        Run(output, ref at, root, new Dictionary<string, object> { ["$"] = root }, isOn: true);
        Assert.Equal(_items.Count, at);
        return output.ToString();
    }

    // Up to the end of the block, or an else, which is not consumed. A block's variables are gone after it.
    private void Run(StringBuilder output, ref int at, object dot, Dictionary<string, object> outer, bool isOn)
    {
        var declared = new HashSet<string>();
        var variables = outer;
        for (; at < _items.Count; at++)
        {
            var (isAction, text) = _items[at];
            if (!isAction)
            {
                if (isOn) output.Append(text);
                continue;
            }

            var words = Words(text);
            switch (words[0])
            {
                case "end" or "else":
                    foreach (var name in declared) variables.Remove(name);
                    return;

                case "if":
                    If(output, ref at, dot, variables, isOn, words[1..]);
                    break;

                case "range":
                    Range(output, ref at, dot, variables, isOn, words[1..]);
                    break;

                case ['$', ..] when words.Length > 2 && words[1] is ":=" or "=":
                    if (!isOn) break;
                    if (words[1] == ":=") Assert.True(declared.Add(words[0]));
                    else Assert.Contains(words[0], variables.Keys);
                    variables[words[0]] = Value(words[2..], dot, variables);
                    break;

                default:
                    if (isOn) output.Append(Assert.IsType<string>(Value(words, dot, variables)));
                    break;
            }
        }
    }

    private void If(StringBuilder output, ref int at, object dot, Dictionary<string, object> variables, bool isOn, string[] condition)
    {
        var isDone = !isOn;
        for (var isElse = false; ;)
        {
            var holds = !isDone && (isElse || IsTrue(Value(condition, dot, variables)));
            at++;
            Run(output, ref at, dot, variables, holds);
            isDone |= holds;
            var words = Words(_items[at].Text);
            if (words[0] == "end") return;
            isElse = words.Length == 1;
            if (!isElse) (_, condition) = (words[1] == "if" ? 0 : throw new FormatException(_items[at].Text), words[2..]);
        }
    }

    private void Range(StringBuilder output, ref int at, object dot, Dictionary<string, object> variables, bool isOn, string[] words)
    {
        Assert.Equal((",", ":="), (words[1], words[3]));
        var (start, elements) = (at + 1, isOn ? (ChatMessage[])Value(words[4..], dot, variables) : []);
        for (var i = 0; i < Math.Max(elements.Length, 1); i++)
        {
            at = start;
            variables[words[0]] = i;
            variables[words[2]] = elements.Length > 0 ? elements[i] : "";
            Run(output, ref at, variables[words[2]], variables, elements.Length > 0);
        }

        variables.Remove(words[0]);
        variables.Remove(words[2]);
        Assert.Equal("end", _items[at].Text.Trim());
    }

    private static object Value(string[] words, object dot, Dictionary<string, object> variables)
    {
        var at = 0;
        var value = Call(words, ref at, dot, variables);
        Assert.Equal(words.Length, at);
        return value;
    }

    private static object Call(string[] words, ref int at, object dot, Dictionary<string, object> variables)
    {
        var values = new List<object>();
        var function = char.IsLetter(words[at][0]) && words[at] is not ("true" or "false") ? words[at++] : null;
        while (at < words.Length && words[at] != ")")
        {
            if (words[at] != "(")
            {
                values.Add(Operand(words[at++], dot, variables));
                continue;
            }

            at++;
            values.Add(Call(words, ref at, dot, variables));
            Assert.Equal(")", words[at++]);
        }

        return function switch
        {
            null => Assert.Single(values),
            "eq" => values[0].Equals(values[1]),
            "ne" => !values[0].Equals(values[1]),
            "not" => !IsTrue(Assert.Single(values)),
            "and" => values.Find(v => !IsTrue(v)) ?? values[^1],
            "len" => ((ChatMessage[])Assert.Single(values)).Length,
            "slice" => ((ChatMessage[])values[0])[(int)values[1]..],
            _ => throw new FormatException(function),
        };
    }

    private static object Operand(string word, object dot, Dictionary<string, object> variables) => word switch
    {
        "true" => true,
        "false" => false,
        ['"', ..] => Regex.Unescape(word[1..^1]),
        ['$', '.', ..] => Field(variables["$"], word[2..]),
        ['$', ..] => variables[word],
        ['.', ..] => Field(dot, word[1..]),
        _ => int.Parse(word, CultureInfo.InvariantCulture),
    };

    private static object Field(object of, string name) => of switch
    {
        ChatMessage message => name switch { "Role" => message.Role, "Content" => message.Content, _ => throw new FormatException(name) },
        Dictionary<string, object> fields => fields[name],
        _ => throw new FormatException($"{of}.{name}"),
    };

    private static bool IsTrue(object value) => value is not (false or 0 or "");

    private static string[] Words(string action) => [.. Word().Matches(action).Select(m => m.Value)];

    [GeneratedRegex("""\{\{ ((?:"(?:[^"\\]|\\.)*"|[^"}])*) \}\}""")]
    private static partial Regex Action();

    [GeneratedRegex("""
        "(?:[^"\\]|\\.)*"|:=|=|,|\(|\)|[$.\w]+
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Word();
}
