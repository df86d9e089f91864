using System.Globalization;
using CsCheck;

namespace LisaOrleans.Data.Tests;

/// <summary>Random templates over random values, against Python's jinja2.</summary>
public sealed class JinjaFuzzTests
{
    private const string Variables =
        """{"a": 3, "b": -2.5, "c": "Ab c", "d": {"k": 1, "items": [1, 2]}, "e": [1, 2.0, "x", null, true], "f": false, "g": null,"""
        + """ "h": "é😀\n x", "m": [{"role": "user", "content": "hi"}, {"role": "b", "content": ""}]}""";

    private static readonly string[] s_atoms =
    [
        "a", "b", "c", "d", "e", "f", "g", "h", "m", "zz", "1", "0", "-1", "2", "1.5", "''", "'x'", "'a b'", "[]", "[1, 'b']", "{}", "{'k': 2}",
        "(1, 2)", "true", "none", "range(3)", "m[0]", "d.k", "m[0].role", "x", "'%s'", "\"q'\"",
    ];

    private static readonly string[] s_operators =
        [" + ", " - ", " * ", " / ", " // ", " % ", " ~ ", " == ", " != ", " < ", " <= ", " > ", " in ", " not in ", " and ", " or ", " if c else "];

    private static readonly string[] s_suffixes =
    [
        ".k", "[0]", "[-1]", "['k']", "[1:]", "[:-1]", "[::-1]", ".role", ".items()",
        ".upper()", ".strip()", ".split()", ".split(' ', 1)", ".get('k')",
        ".startswith('A')", ".replace('b', 'X')", "|length", "|upper", "|trim", "|list", "|first", "|last", "|string", "|tojson", "|tojson(indent=1)",
        "|default('D')", "|default('D', true)", "|int", "|float", "|round", "|round(1)",
        "|abs", "|sort", "|reverse|list", "|join('-')", "|map('string')|list",
        "|map(attribute='role')|list", "|selectattr('role', 'equalto', 'user')|list",
        "|select|list", "|reject('none')|list", "|unique|list", "|sum", "|max",
        "|title", "|capitalize", "|indent(1)", "|e", "|batch(2)|list", "|items|list", "|dictsort", "|replace('x', 1)", "|count", "|center(7)",
        " is defined", " is none", " is string", " is mapping", " is iterable",
        " is sequence", " is number", " is true", " is not none", " is odd", " is in e",
    ];

    private static readonly Gen<string> s_atom = OneOf(s_atoms);

    private static readonly Gen<string> s_expression = Gen.Recursive<string>((depth, self) => depth > 3
        ? s_atom
        : Gen.Frequency(
            (2, s_atom),
            (4, Gen.Select(self, OneOf(s_suffixes), (e, s) => $"({e}){s}")),
            (3, Gen.Select(self, OneOf(s_operators), self, (l, o, r) => $"({l}{o}{r})")),
            (1, Gen.Select(self, self, (l, r) => $"[{l}, {r}]")),
            (1, self.Select(e => $"(not {e})"))));

    private static readonly Gen<string> s_text = OneOf("a", " ", "\n", "  \n", "x\n  ", "é", "\t", "{", "}", "%");

    private static readonly Gen<string> s_body = Gen.Recursive<string>((depth, self) =>
    {
        var output = Gen.Select(OneOf("{{ ", "{{- "), s_expression, OneOf(" }}", " -}}"), (o, e, c) => o + e + c);
        if (depth > 2) return Gen.Frequency((1, s_text), (2, output));
        return Gen.Frequency(
            (3, s_text),
            (3, output),
            (3, Gen.Select(self, self, (l, r) => l + r)),
            (1, Gen.Select(s_tag, s_expression, self, self, (t, e, l, r) => $"{t("if " + e)}{l}{t("else")}{r}{t("endif")}")),
            (1, Gen.Select(
                s_tag, s_expression, self, self, (t, e, l, r) =>
                    $"{t($"for x in {e}")}{l}{{{{ loop.index }}}}{{{{ x }}}}{t("else")}{r}{t("endfor")}")),
            (1, Gen.Select(s_tag, s_expression, self, (t, e, l) => $"{t("set x = " + e)}{l}{{{{ x }}}}")),
            (1, Gen.Select(s_tag, self, self, (t, l, r) => $"{t("set x")}{l}{t("endset")}{r}{{{{ x }}}}")),
            (1, Gen.Select(
                s_tag, s_expression, self, (t, e, l) =>
                    $"{t("macro q(x, y=" + e + ")")}{l}{{{{ y }}}}{t("endmacro")}{{{{ q(1) }}}}{{{{ q('a', y=2) }}}}")),
            (1, Gen.Select(s_tag, self, (t, l) => $"{t("generation")}{l}{t("endgeneration")}")),
            (1, Gen.Select(s_tag, s_expression, self, (t, e, l) => $"{t("with x = " + e)}{l}{t("endwith")}")));
    });

    private static Gen<Func<string, string>> s_tag => Gen.Select(
        OneOf("{% ", "{%- ", "{%+ ", "  {% ", "\n  {% "), OneOf(" %}", " -%}", " +%}", " %}\n"),
        (open, close) => (Func<string, string>)(tag => open + tag + close));

    [Fact]
    public void Render_random_expressions_equal_jinja2() => Sample(s_expression.Select(e => "{{ " + e + " }}"));

    [Fact]
    public void Render_random_templates_equal_jinja2() => Sample(s_body);

    [Fact]
    public void Render_random_numbers_print_as_in_python()
    {
        JinjaOracle.Require();
        Gen.Double.Array[1, 50].Sample(numbers =>
        {
            var list = string.Join(", ", numbers.Where(double.IsFinite).Select(n => n.ToString("R", CultureInfo.InvariantCulture)));
            var template =
                "{% for n in l %}{{ n }} {{ n|round(2) }} {{ n|round }} {{ '%.3f %e %g'|format(n, n, n) }} {{ n // 7 }} {{ n % 7 }}\n{% endfor %}";
            Assert.Null(JinjaOracle.Difference(template, $"{{\"l\": [{list}]}}"));
        }, seed: "0N0XIzNsQ0O2", iter: 20, threads: 1);
    }

    [Fact]
    public void Parse_garbage_works_or_is_refused()
    {
        var piece = OneOf(
            "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", " ", "\n", "if", "for", "in", "set", "endif", "x",
            "'", "\"", "(", ")", "[", "]", "|", ".", ",", "=", "1", "raw", "endraw", "\\", "é", "😀");
        piece.Array[1, 40].Select(p => string.Concat(p)).Sample(template =>
        {
            try
            {
                JinjaTemplate.Parse(template).Render([], JinjaOracle.Now);
            }
            catch (JinjaException)
            {
                // As it should.
            }
        }, iter: 10_000, threads: 1);
    }

    private static Gen<string> OneOf(params string[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    private static void Sample(Gen<string> templates)
    {
        JinjaOracle.Require();
        templates.Sample(template => Assert.Null(JinjaOracle.Difference(template, Variables)), seed: "0N0XIzNsQ0O2", iter: 2000, threads: 1);
    }
}
