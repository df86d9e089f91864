namespace LisaOrleans.Cli.Tests;

/// <summary>Files that are pipes, as a shell's <c>&lt;(command)</c> is: read once, or refused where they are read again.</summary>
public sealed class PipeInputTests
{
    private const string ShortSecret = "the cluster secret must have at least 16 characters";

    // $0 is the folder, $1 what the pipe holds, $2 the program; a named pipe can be read once, by whoever opens it first.
    private const string NamedPipe = """mkfifo "$0/pipe" && { cat "$1" > "$0/pipe" 2> /dev/null & } && shift && exec "$@" "$0/pipe" """;
    private const string Substitution = """file=$1 && shift && exec "$@" <(cat "$file" 2> /dev/null)""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Pipes => [NamedPipe, Substitution];

    [Theory]
    [MemberData(nameof(Pipes))]
    public async Task Config_and_secret_are_read_from_a_pipe_once(string pipe)
    {
        using var folder = new TempFolder();
        var planned = await RunAsync(folder, pipe, $"model: {Sample.Model}\nmethod: lisa\n", "plan", "--config");
        Assert.True(planned.ExitCode == 0, planned.Error);
        using var second = new TempFolder();
        Lisa.AssertRefused(await RunAsync(second, pipe, "short\n", "silo", "--store", second["store"], "--cluster-secret-file"), ShortSecret);
        using var third = new TempFolder();
        Lisa.AssertRefused(
            await RunAsync(third, pipe, "7\nx\n", "plan", "--model", Sample.Model, "--mask-samples"), "line 2: 'x' must be a whole number");
    }

    [Theory]
    [InlineData("--data", "train", "--model", "MODEL", "--output", "OUT")]
    [InlineData("--api-keys", "silo")]
    [InlineData("--tls-key", "silo", "--tls-certificate", "CONTENT")]
    [InlineData("--cluster-tls-certificate", "silo", "--cluster-tls-ca", "CONTENT")]
    [InlineData("--cluster-tls-ca", "silo", "--cluster-tls-certificate", "CONTENT")]
    public async Task What_is_read_again_is_refused_as_a_pipe(string option, params string[] command)
    {
        foreach (var pipe in (string[])[NamedPipe, Substitution])
        {
            using var folder = new TempFolder();
            string[] filled =
            [
                .. command.Select(a => a switch
                {
                    "MODEL" => Sample.Model, "OUT" => folder["out"], "CONTENT" => folder["content"], _ => a,
                }),
                option,
            ];
            Lisa.AssertRefused(await RunAsync(folder, pipe, "x\n", filled), option == "--data" ? "is a pipe" : option, "pipe");
        }
    }

    private static async Task<LisaResult> RunAsync(TempFolder folder, string pipe, string content, params string[] command)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "named pipes are files on Unix only");
        await File.WriteAllTextAsync(folder["content"], content, Token);
        using var process = new LisaProcess("bash", ["-c", pipe, folder.Root, folder["content"], Lisa.Program, .. command]);
        return await process.EndAsync(Token);
    }
}
