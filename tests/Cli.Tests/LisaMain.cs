using System.Reflection;
using System.Text;

namespace LisaOrleans.Cli.Tests;

/// <summary>
/// The program's entry point, called in this process: what it says of its arguments and of files that it does not take, without the time
/// in which a process starts. That processes say and end with the same is tested by <see cref="Lisa"/>.
/// </summary>
internal static class LisaMain
{
    private static readonly Func<string[], Task<int>> s_main = typeof(ErrorReport).Assembly.EntryPoint!.DeclaringType!
        .GetMethod("<Main>$", BindingFlags.Static | BindingFlags.NonPublic)!.CreateDelegate<Func<string[], Task<int>>>();

    private static readonly CallWriter s_output = new(Console.Out);
    private static readonly CallWriter s_error = new(Console.Error);

    static LisaMain()
    {
        Console.SetOut(s_output);
        Console.SetError(s_error);
    }

    public static async Task<LisaResult> RunAsync(params IEnumerable<string> arguments)
    {
        var (output, error) = (s_output.Begin(), s_error.Begin());
        var exitCode = await s_main([.. arguments]);
        return new LisaResult(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Calls it and checks that it did what it was to do.</summary>
    public static async Task<LisaResult> SucceedsAsync(params IEnumerable<string> arguments)
    {
        var result = await RunAsync(arguments);
        Assert.True(result.ExitCode == 0, $"exit code {result.ExitCode}: {result.Error}");
        return result;
    }

    /// <summary>Calls it and checks that it refuses, as <see cref="Lisa.RefusesAsync"/> does.</summary>
    public static async Task RefusesAsync(IEnumerable<string> arguments, params string[] says) =>
        Lisa.AssertRefused(await RunAsync(arguments), says);

    /// <summary>What a call writes goes to its own writer: several tests run at a time.</summary>
    private sealed class CallWriter(TextWriter others) : TextWriter
    {
        private readonly AsyncLocal<TextWriter?> _ofCall = new();

        public override Encoding Encoding => others.Encoding;

        private TextWriter Current => _ofCall.Value ?? others;

        public StringWriter Begin()
        {
            var text = new StringWriter();
            _ofCall.Value = Synchronized(text);
            return text;
        }

        public override void Write(char value) => Current.Write(value);

        public override void Write(string? value) => Current.Write(value);

        public override void Write(char[] buffer, int index, int count) => Current.Write(buffer, index, count);

        public override void Flush() => Current.Flush();
    }
}
