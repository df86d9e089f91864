using LisaOrleans.Data.Jinja;

namespace LisaOrleans.Data.Tests;

/// <summary>What hostile templates cost, and what is refused with its line.</summary>
public sealed class JinjaLimitsTests
{
    [Theory]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "too much work")]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) if false %}{% endfor %}{% endfor %}", "too much work")]
    [InlineData("{% set x = 'a' * 999999999999 %}", "characters")]
    [InlineData("{{ 'a' * 10 ** 9 * 10 ** 9 }}", "characters")]
    [InlineData("{{ [1, 2] * 10 ** 12 }}", "too much work")]
    [InlineData("{{ 'a'.ljust(10 ** 10) }}", "characters")]
    [InlineData("{{ 'a'.center(2 ** 62) }}", "characters")]
    [InlineData("{{ 'a'.zfill(10 ** 11) }}", "characters")]
    [InlineData("{{ '\t'.expandtabs(10 ** 11) }}", "characters")]
    [InlineData("{{ 'a'|indent(10 ** 10, true) }}", "characters")]
    [InlineData("{{ 'a'|center(10 ** 10) }}", "characters")]
    [InlineData("{{ '%999999999d' % 1 }}", "width")]
    [InlineData("{{ '%.999999999f' % 1 }}", "width")]
    [InlineData("{{ '{:999999999}'.format(1) }}", "width")]
    [InlineData("{{ [1]|tojson(indent=10 ** 10) }}", "characters")]
    [InlineData("{{ range(10 ** 6) }}", "100000")]
    [InlineData("{{ 2 ** (10 ** 9) }}", "digits")]
    [InlineData("{{ 10 ** (10 ** 10) }}", "digits")]
    [InlineData("{% set ns = namespace(x=3) %}{% for i in range(99999) %}{% set ns.x = ns.x * ns.x %}{% endfor %}", "digits")]
    [InlineData("{% set ns = namespace(x='ab') %}{% for i in range(99999) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}", "characters")]
    [InlineData("{% set ns = namespace(x='ab') %}{% for i in range(99999) %}{% set ns.x = ns.x.replace('', 'abcdefgh') %}{% endfor %}", "characters")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(99999) %}{% set ns.x = ns.x + ns.x %}{% endfor %}", "too much work")]
    [InlineData("{% set ns = namespace(x=[]) %}{% for i in range(99999) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}", "200 deep")]
    [InlineData("{% set ns = namespace(x={}) %}{% for i in range(99999) %}{% set ns.x = {'a': ns.x} %}{% endfor %}", "200 deep")]
    [InlineData(
        "{% set ns = namespace(x=['a']) %}{% for i in range(99999) %}{% set ns.x = ns.x|map('upper') %}{% endfor %}{{ ns.x|list }}", "200 deep")]
    [InlineData("{% set ns = namespace(x=[]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}", "too much work")]
    [InlineData("{% set ns = namespace(x=[]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|tojson }}", "too much work")]
    [InlineData(
        "{% set ns = namespace(x=[], y=[]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor "
        + "%}{{ ns.x == ns.y }}", "too much work")]
    [InlineData(
        "{% set ns = namespace(x=[], y=[]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor "
        + "%}{{ ns.x < ns.y }}", "too much work")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "100 deep")]
    [InlineData("{% macro f() %}{{ caller() }}{% call f() %}x{% endcall %}{% endmacro %}{% call f() %}x{% endcall %}", "100 deep")]
    [InlineData("{% macro f(n) %}{% if n > 0 %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(90) }}", "too much work")]
    [InlineData("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "100 deep")]
    [InlineData("{% for i in range(99999) %}{{ 'abcdefghij' * 1000 }}{% endfor %}", "characters|work")]
    [InlineData("{% set a = 'a' * 8000000 %}{% set b = 'a' * 4000000 ~ 'b' %}{{ b in a }}", "too much work")]
    [InlineData("{% set a = 'a' * 8000000 %}{% set b = 'a' * 4000000 ~ 'b' %}{{ a.split(b) }}", "too much work")]
    [InlineData(
        "{% set a = 'a,' * 4000000 %}{{ a.split(',')|length }}{{ a.split(',')|length }}{{ a.split(',')|length }}{{ a|list|length }}{{ "
        + "a|list|length }}{{ a|list|length }}", "too much work")]
    public void Render_of_a_hostile_template_ends_with_one_error(string template, string problem)
    {
        var error = Assert.Throws<JinjaException>(() => Render(template));
        Assert.Matches(problem, error.Message);
        Assert.Equal(1, error.Line);
    }

    [Fact]
    public void Render_of_the_deepest_templates_fits_a_small_stack()
    {
        var expression = string.Concat(Enumerable.Repeat("(", 45)) + "f(n - 1)" + string.Concat(Enumerable.Repeat(")", 45));
        var blocks = string.Concat(Enumerable.Repeat("{% if true %}", 40)) + "{{ "
            + expression + " }}" + string.Concat(Enumerable.Repeat("{% endif %}", 40));
        var sum = string.Join(" + ", Enumerable.Repeat("'a'", 190));
        var template = "{% macro f(n) %}{% if n > 0 %}{{ " + sum + " }}" + blocks + "{% endif %}{% endmacro %}{{ f(98) }}";
        Exception? error = null;
        var text = "";
        var thread = new Thread(() => error = Record.Exception(() => text = Render(template)), 1536 << 10);
        thread.Start();
        thread.Join();
        Assert.True(error is null, error?.Message);
        Assert.Equal(98 * 190, text.Length);
    }

    [Theory]
    [InlineData("((", "))")]
    [InlineData("[", "]")]
    [InlineData("{1: ", "}")]
    [InlineData("not ", "")]
    [InlineData("-", "")]
    [InlineData("1 + ", "")]
    [InlineData("", ".a")]
    [InlineData("", "|trim")]
    [InlineData("1 if ", " else 2")]
    [InlineData("f(", ")")]
    public void Parse_of_a_deep_expression_is_refused(string open, string close)
    {
        const int Depth = 50_000;
        var template = "{{ " + string.Concat(Enumerable.Repeat(open, Depth)) + "1" + string.Concat(Enumerable.Repeat(close, Depth)) + " }}";
        Assert.Matches("deep|levels", Assert.Throws<JinjaException>(() => JinjaTemplate.Parse(template)).Message);
    }

    [Fact]
    public void Parse_of_deep_blocks_is_refused()
    {
        var template = string.Concat(Enumerable.Repeat("{% if 1 %}", 10_000));
        Assert.Contains("deep", Assert.Throws<JinjaException>(() => JinjaTemplate.Parse(template)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\n{% include 'x' %}", 2, "the tag 'include' is not supported: other templates")]
    [InlineData("\n\n{% extends 'x' %}", 3, "the tag 'extends' is not supported: template inheritance")]
    [InlineData("{% block a %}{% endblock %}", 1, "the tag 'block' is not supported: template inheritance")]
    [InlineData("{% import 'x' as y %}", 1, "the tag 'import' is not supported: other templates")]
    [InlineData("{% autoescape true %}{% endautoescape %}", 1, "the tag 'autoescape' is not supported: escaping by blocks")]
    [InlineData("x\n{{ 1|\npprint }}", 3, "the filter 'pprint' is not supported")]
    [InlineData("{{ 1|nope }}", 1, "the filter 'nope' is not supported")]
    [InlineData("{% if false %}\n{{ x is nope }}{% endif %}", 2, "the test 'nope' is not supported")]
    [InlineData("{{ lipsum() }}", 1, "the function 'lipsum' is not supported")]
    [InlineData("{{ cycler(1) }}", 1, "the function 'cycler' is not supported")]
    [InlineData("{% nope %}", 1, "the tag 'nope' is unknown")]
    [InlineData("{% break %}", 1, "'break' stands outside a loop")]
    [InlineData("{% for x in l %}\n{% if x %}", 2, "'endif' is missing")]
    [InlineData("{% if x %}{% endfor %}", 1, "'endfor' stands where 'endif' is expected")]
    [InlineData("{{ 'abc }}", 1, "unexpected character '''")]
    [InlineData("{{ a }", 1, "'}' closes nothing")]
    [InlineData("\n{{ a", 2, "the template ends inside a tag")]
    [InlineData("{# a", 1, "a comment has no end")]
    [InlineData("{{ '\\ud800' }}", 1, "the escape \\u in a text needs 4 hexadecimal digits of a character")]
    [InlineData("{{ '\\N{DASH}' }}", 1, "the escape \\N{…} in a text is not supported")]
    [InlineData("{{ x[1, 2:3] }}", 1, "unexpected ':' where ',' is expected")]
    public void Parse_refuses_what_is_not_supported_with_its_line(string template, int line, string problem)
    {
        var error = Assert.Throws<JinjaException>(() => JinjaTemplate.Parse(template));
        Assert.Equal((line, problem, $"line {line}: {problem}"), (error.Line, error.Problem, error.Message));
    }

    [Fact]
    public void Render_tells_what_raise_exception_says_and_its_line()
    {
        var error = Assert.Throws<JinjaRefusedException>(() => Render("\n{% if true %}\n{{ raise_exception('Only ' ~ 1) }}{% endif %}"));
        Assert.Equal((3, "Only 1"), (error.Line, error.Problem));
    }

    [Theory]
    [InlineData("\n{{ x.y }}", "line 2: 'x' is undefined")]
    [InlineData("\n\n{{ 1 + 'a' }}", "line 3: '+' cannot be applied to 'int' and 'str'")]
    [InlineData("{{ 'a'.upper }}", "line 1: a 'function' cannot be printed: Python would write its address in memory")]
    [InlineData("{{ 'a'.encode() }}", "line 1: the method 'encode' of a text is not supported")]
    [InlineData("{{ {'k': 1}.items() - 'x' }}", "line 1: '-' makes a set of 'dict_items', which is not supported")]
    [InlineData("{{ [1] - {}.keys() }}", "line 1: '-' makes a set of 'dict_keys', which is not supported")]
    [InlineData("{{ {}.values() - [1] }}", "line 1: '-' cannot be applied to 'dict_values' and 'list'")]
    public void Render_tells_the_line_of_an_error(string template, string message) =>
        Assert.Equal(message, Assert.Throws<JinjaException>(() => Render(template)).Message);

    [Fact]
    public void Render_gives_no_spans_where_a_generation_block_is_kept_as_a_text()
    {
        var template = JinjaTemplate.Parse("{% macro m() %}{% generation %}x{% endgeneration %}{% endmacro %}{{ m() }}");
        var rendering = template.Render([], JinjaOracle.Now);
        Assert.Equal(("x", true), (rendering.Text, template.MarksGeneration));
        Assert.Null(rendering.Generated);
    }

    [Fact]
    public void Render_reaches_nothing_but_its_values()
    {
        string[] paths =
        [
            "x.__class__", "x.GetType", "x.Text", "x.Elements", "x.Items", "range.__globals__", "x.__init__.__globals__", "self", "request",
            "config", "os", "open",
        ];
        foreach (var path in paths)
        {
            var error = Record.Exception(() => Assert.Equal("", Render("{{ " + path + " }}")));
            Assert.True(error is null or JinjaException, $"{path}: {error}");
        }
    }

    private static string Render(string template) =>
        JinjaTemplate.Parse(template).Render([KeyValuePair.Create<string, JinjaValue>("x1", JinjaValue.Of("a"))], JinjaOracle.Now).Text;
}
