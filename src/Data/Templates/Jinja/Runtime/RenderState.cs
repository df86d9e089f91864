using System.Runtime.CompilerServices;
using System.Text;

namespace LisaOrleans.Data.Jinja;

/// <summary>One rendering: what it has written, where it stands, and what it may still spend.</summary>
internal sealed class RenderState(JinjaLimits limits, DateTimeOffset now)
{
    private const int CharactersPerStep = 4;
    private const int DeepestValue = 200;

    private List<(int Start, int End)>? _generated = [];
    private long _steps = limits.Steps;
    private int _depth;
    private int _captures;

    /// <summary>The time that strftime_now gives.</summary>
    public DateTimeOffset Now => now;

    /// <summary>Line of the statement that runs.</summary>
    public int Line { get; set; }

    /// <summary>What was written so far: the text, or that of a macro or block which is being captured.</summary>
    public StringBuilder Output { get; private set; } = new();

    /// <summary>The spans of generation blocks; null if one was kept as a text.</summary>
    public IReadOnlyList<(int Start, int End)>? Generated => _generated;

    public JinjaException Error(string problem) => new(problem, Line);

    public void Spend(long steps)
    {
        if ((_steps -= steps) < 0) throw Error($"the template does too much work: more than {limits.Steps} steps");
    }

    /// <summary>Call before a text of this length is made.</summary>
    public void SpendText(long length)
    {
        CheckLength(length);
        Spend(1 + (length / CharactersPerStep));
    }

    /// <summary>Refuses texts that are too long.</summary>
    public void CheckLength(long length)
    {
        if (length > limits.Length) throw Error($"the template makes a text of more than {limits.Length} characters");
    }

    /// <summary>Call before a text is searched for another, which may compare them at every place.</summary>
    public void SpendSearch(int text, int pattern) => Spend(1 + ((long)text / 16 * (1 + (pattern / 256))));

    public void Write(string text)
    {
        Spend(1 + (text.Length / CharactersPerStep));
        CheckLength((long)Output.Length + text.Length);
        Output.Append(text);
    }

    /// <summary>What a part of the template writes, as a text.</summary>
    public string Capture(Action write)
    {
        var outer = Output;
        (Output, _captures) = (new StringBuilder(), _captures + 1);
        try
        {
            write();
            return Output.ToString();
        }
        finally
        {
            (Output, _captures) = (outer, _captures - 1);
        }
    }

    /// <summary>One call deeper, until Leave is called.</summary>
    public void Enter()
    {
        if (++_depth > limits.Depth) throw Error($"macros or recursive loops call each other more than {limits.Depth} deep");
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw Error($"macros or recursive loops call each other {_depth} deep, which is more than this thread's stack holds");
    }

    public void Leave() => _depth--;

    /// <summary>
    /// Notes that a span of the output is the model's own. Inside a macro or set block it is not known where the text will go.
    /// </summary>
    public void Generate(int start)
    {
        if (_captures > 0) _generated = null;
        else if (Output.Length > start) _generated?.Add((start, Output.Length));
    }

    /// <summary>The elements of a value; each counts as work.</summary>
    public IEnumerable<JinjaValue> Iterate(JinjaValue value)
    {
        var items = value.Items(this) ?? throw Error($"'{value.TypeName}' is not iterable");
        return Paid(items);
    }

    /// <summary>As a list.</summary>
    public List<JinjaValue> ToList(JinjaValue value) => [.. Iterate(value)];

    /// <summary>A list that a template made.</summary>
    public ListValue List(IReadOnlyList<JinjaValue> items, bool isTuple = false)
    {
        Spend(items.Count);
        return Checked(new ListValue(items, isTuple));
    }

    /// <summary>A value that a template made; refused if it is too deep for what walks through it.</summary>
    public T Checked<T>(T value)
        where T : JinjaValue =>
        value.Depth <= DeepestValue ? value : throw Error($"the template makes a value more than {DeepestValue} deep");

    public GeneratorValue Generator(JinjaValue source, IEnumerable<JinjaValue> items) => Checked(new GeneratorValue(source.Depth + 1, items));

    /// <summary>A text that a template made.</summary>
    public TextValue Text(string text)
    {
        SpendText(text.Length);
        return JinjaValue.Of(text);
    }

    private IEnumerable<JinjaValue> Paid(IEnumerable<JinjaValue> items)
    {
        foreach (var item in items)
        {
            Spend(1);
            yield return item;
        }
    }
}
