namespace LisaOrleans.Cli.Tests;

/// <summary>How a run ends: with a summary, and also when nobody is listening any more.</summary>
public sealed class ClosingTests
{
    private const int HangUp = 1;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Train_ends_with_losses_time_tokens_memory_and_the_command_to_try()
    {
        using var folder = new TempFolder();
        var result = await Lisa.SucceedsAsync(Sample.Train(folder["out"], more: ["--max-steps", "3", "--eval-data", Sample.HeldOut]));
        var lines = result.Output.TrimEnd().Split('\n');
        Assert.Matches(@"^3 steps, \d+ tokens in \d+ s, \d+\.\d GB at most$", lines[^4]);
        Assert.Matches(@"^loss \d+\.\d{4} at first, \d+\.\d{4} at last; evaluation \d+\.\d{4}, perplexity \d+\.\d\d$", lines[^3]);
        Assert.Equal($"model written to {folder["out"]}", lines[^2]);
        Assert.Equal($"try it: lisa generate --model {folder["out"]} --prompt \"…\"", lines[^1]);
    }

    [Fact]
    public async Task Train_whose_terminal_hangs_up_saves_a_manifest_and_resumes()
    {
        using var folder = new TempFolder();
        var command = Sample.Train(folder["out"], more: ["--max-steps", "100000", "--save-steps", "0", "--log-format", "plain"]);
        using var first = Lisa.Start(command);
        Assert.True(await first.WaitForLineAsync(l => l.StartsWith("step 5/", StringComparison.Ordinal), Token));
        first.Signal(HangUp);
        Assert.Equal(130, (await first.EndAsync(Token)).ExitCode);
        using var second = Lisa.Start(command);
        Assert.True(await second.WaitForLineAsync(l => l.StartsWith("resuming run 'default' from step ", StringComparison.Ordinal), Token));
        Assert.True(await second.WaitForLineAsync(l => l.StartsWith("step ", StringComparison.Ordinal), Token));
    }

    [Fact]
    public void LastingReporter_is_silent_once_nobody_listens()
    {
        var inner = new Broken();
        using var reporter = new LastingReporter(inner);
        reporter.Say("one");
        reporter.Say("two");
        reporter.Happened(new SiloLeaving("x"), 0);
        Assert.Equal(1, inner.Calls);
    }

    private sealed class Broken : IRunReporter
    {
        public int Calls { get; private set; }

        public void Say(string line) => Fail();

        public void Started(RunStarted started, int layerCount) => Fail();

        public void Happened(TrainingEvent happened, double remaining) => Fail();

        public void Sample(string when, string prompt, string text) => Fail();

        public void Dispose()
        {
        }

        private void Fail()
        {
            Calls++;
            throw new IOException("Input/output error");
        }
    }
}
