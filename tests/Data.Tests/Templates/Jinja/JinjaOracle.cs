using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace LisaOrleans.Data.Tests;

/// <summary>Python's own jinja2, in one process that lives as long as the tests. It comes from Debian's package python3-jinja2.</summary>
internal static class JinjaOracle
{
    private const string Python = "/usr/bin/python3";

    private static readonly Lock s_lock = new();
    private static readonly Lazy<Process?> s_process = new(Start);

    public static DateTimeOffset Now { get; } = new(2026, 3, 7, 15, 4, 9, TimeSpan.Zero);

    /// <summary>Skips a test where the oracle is absent.</summary>
    public static void Require() => Assert.SkipUnless(s_process.Value is not null, $"no jinja2 in {Python}; eng/test-services.sh gets it");

    /// <summary>What jinja2 makes of a template.</summary>
    public static JinjaAnswer Ask(string template, string variables)
    {
        var request = JsonSerializer.Serialize(
            new { template, variables = JsonDocument.Parse(variables), now = Now.ToString("yyyy-MM-ddTHH:mm:ss") });
        lock (s_lock)
        {
            var process = s_process.Value!;
            process.StandardInput.WriteLine(request);
            process.StandardInput.Flush();
            using var answer = JsonDocument.Parse(process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the oracle has ended"));
            if (answer.RootElement.TryGetProperty("error", out var error)) return new JinjaAnswer(null, [], error.GetString());
            var spans = answer.RootElement.GetProperty("spans").EnumerateArray().Select(s => (s[0].GetInt32(), s[1].GetInt32()));
            return new JinjaAnswer(answer.RootElement.GetProperty("text").GetString(), [.. spans], null);
        }
    }

    /// <summary>What our engine makes of it.</summary>
    public static JinjaAnswer AskOurs(string template, string variables)
    {
        try
        {
            using var document = JsonDocument.Parse(variables);
            var values = document.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => Jinja.JsonValues.Of(p.Value));
            var rendering = JinjaTemplate.Parse(template).Render(values, Now);
            return new JinjaAnswer(rendering.Text, rendering.Generated, null);
        }
        catch (JinjaException e)
        {
            return new JinjaAnswer(null, [], e.Message);
        }
    }

    /// <summary>How the two differ; null where they do not. Errors may be worded differently, but not what a template raises.</summary>
    public static string? Difference(string template, string variables)
    {
        var (theirs, ours) = (Ask(template, variables), AskOurs(template, variables));
        const string Raised = "TemplateError: ";
        var same = theirs.Text == ours.Text && (ours.Spans is null || theirs.Spans!.SequenceEqual(ours.Spans))
            && (theirs.Error?.StartsWith(Raised, StringComparison.Ordinal) != true
                || ours.Error!.EndsWith(theirs.Error[Raised.Length..], StringComparison.Ordinal));

        // Python prints an object's address, where we refuse it. For a slice of something that cannot be sliced, jinja2 answers
        // nothing if that is a constant, and otherwise an error, as we do.
        var refused = ours.Error is not null
            && (theirs.Text?.Contains(" at 0x", StringComparison.Ordinal) == true
                || ours.Error.EndsWith("cannot be sliced", StringComparison.Ordinal)
                    || ours.Error.EndsWith("is not supported", StringComparison.Ordinal));
        return same || refused ? null : $"{template}\n  jinja2: {theirs}\n  ours:   {ours}\n";
    }

    private static Process? Start()
    {
        if (!File.Exists(Python)) return null;
        using (var check = Process.Start(new ProcessStartInfo(Python, ["-c", "import jinja2"]) { RedirectStandardError = true })!)
        {
            check.WaitForExit();
            if (check.ExitCode != 0) return null;
        }

        var script = Path.Combine(Repository.Root, "tests", "Data.Tests", "Templates", "Jinja", "oracle.py");
        var process = Process.Start(new ProcessStartInfo(Python, ["-W", "ignore", script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        });
        AppDomain.CurrentDomain.ProcessExit += (_, _) => process?.Kill();
        return process;
    }
}

/// <summary>What an engine answers: a text with the spans of its generation blocks, or an error.</summary>
internal sealed record JinjaAnswer(string? Text, IReadOnlyList<(int Start, int End)>? Spans, string? Error)
{
    public override string ToString() => Error is null ? $"{JsonSerializer.Serialize(Text)} {string.Join(' ', Spans ?? [])}" : $"error {Error}";
}
