using System.Text.Json;
using LisaOrleans.Checkpoints;

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

        // Though the run is over, its log says what was left after each step.
        var left = (await File.ReadAllLinesAsync(folder["out/trainer_log.jsonl"], Token))
            .Select(l => JsonDocument.Parse(l).RootElement.GetProperty("remaining").GetDouble() > 0);
        Assert.Equal([true, true, false], left);
    }

    [Fact]
    public async Task Train_and_export_of_a_run_that_ends_early_with_its_best_say_both()
    {
        using var folder = new TempFolder();

        var model = Sample.CopyModel(folder);
        await File.WriteAllTextAsync(Path.Combine(model, "chat_template.jinja"), "{% for m in messages %}{{ m.content }}{% endfor %}", Token);

        // Losses fall, so where greater ones are better the first evaluation is the best.
        var result = await Lisa.SucceedsAsync(Sample.Train(folder["out"], model, more:
        [
            "--max-steps", "50", "--eval-data", Sample.HeldOut, "--eval-steps", "1", "--save-steps", "1", "--load-best-model-at-end",
            "--greater-is-better", "--early-stopping-patience", "1", "--template", "chatml", "--block-size", "128",
            "--sample-prompt", "Tell me about the fox.",
        ]));
        var lines = result.Output.TrimEnd().Split('\n');
        Assert.Equal("ended early, before step 50: 1 evaluation was not better", lines[^4]);
        Assert.Matches(@"^weights of step 1, the best: evaluation \d+\.\d{4}, perplexity \d+\.\d\d$", lines[^3]);
        string[] store = ["--store", folder["out/lisa-store"]];
        var export = await Lisa.SucceedsAsync(["export", "default", .. store, "--output", folder["best"]]);
        Assert.Equal($"step 2 of run 'default', with the weights of step 1, its best, written to {folder["best"]}\n", export.Output);

        // What is exported stays what it was found to be, though the run keeps nothing but its last manifest meanwhile.
        var blobs = new FolderBlobStore(folder["out/lisa-store"]);
        var manifests = await RunManifests.OfAsync(blobs, "default", Token);
        var weights = (await manifests.ReadAsync(manifests.Last, Token)).Parts.Values.First().Weights;
        foreach (var (address, what) in ((string, string)[])
            [("default", "step 2 of run 'default', with the weights of step 1, its best,"), ("default@1", "step 1 of run 'default'")])
        {
            var forgetting = new ForgettingStore(blobs, manifests.Head, weights);
            Assert.Equal(
                $"{what} written to {folder[address]}", await ExportCommand.ExportAsync(forgetting, address, null, folder[address], Token));
            Assert.True(forgetting.HasForgotten);
            Assert.True(await RunStore.TryChangeKeptAsync(blobs, manifests.Head with { Kept = null }, manifests.Head.Kept, Token));
        }

        // Without its files, a run is sampled with the template that it was trained with.
        var again = await Lisa.SucceedsAsync(
            ["train", "--resume", "default", .. store, "--output", folder["again"], "--sample-prompt", "Tell me about the fox."]);
        var after = Assert.Single(lines, l => l.StartsWith("sample after: ", StringComparison.Ordinal));
        Assert.Contains(after + "\n", again.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1000, 1000, "1000 steps")]
    [InlineData(30, 1000, "ended early, after 30 of 1000 steps")]
    public void Steps_of_a_run_that_ended_early_are_told_with_those_it_was_to_take(long taken, long planned, string text) =>
        Assert.Equal(text, RunText.Steps(taken, planned));

    [Theory]
    [InlineData(200, "tokenising training data: 1234567 of 99999999, 123457 a second, 13:20 min left")]
    [InlineData(40, "tokenising training data: 1234567")]
    [InlineData(62, "tokenising training data: 1234567 of 99999999, 13:20 min left")]
    public void ProgressLine_is_narrower_than_the_terminal(int width, string text)
    {
        var line = ProgressLine.Text("tokenising training data", 1_234_567, 99_999_999, seconds: 10, width);
        Assert.InRange(line.Length, 1, width - 1);
        Assert.Equal(text, line);
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
    public async Task Eval_whose_terminal_hangs_up_ends_by_that()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script, which makes a terminal, is not there");
        using var folder = new TempFolder();
        await File.WriteAllLinesAsync(folder["d.jsonl"], Enumerable.Repeat("{\"prompt\":\"Once\",\"completion\":\" a time.\"}", 20_000), Token);

        // The terminal goes with script; the shell that it started stays to pass the signal on, and to tell the exit code.
        var command = $"{Lisa.Program} eval --model {Sample.Model} --data {folder["d.jsonl"]}";
        var line = $"trap 'kill -HUP $!' HUP; TERM=xterm {command} & wait; wait $!; echo $? > {folder["part"]}; mv {folder["part"]} {folder["code"]}";
        using var terminal = new LisaProcess("script", ["-qec", line, "/dev/null"]);
        Assert.True(await terminal.WaitForLineAsync(l => l.Contains("scoring: ", StringComparison.Ordinal), Token));
        await terminal.KillAsync(Token);
        await Until.True(() => File.Exists(folder["code"]));
        Assert.Equal("129\n", await File.ReadAllTextAsync(folder["code"], Token));
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

    /// <summary>A store in which a run forgets all manifests but its last once some weights are read.</summary>
    private sealed class ForgettingStore(IBlobStore inner, RunHead head, BlobRef weights) : DelegatingBlobStore(inner)
    {
        public bool HasForgotten { get; private set; }

        public override async Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
        {
            if (!HasForgotten && blob == weights) HasForgotten = await RunStore.TryChangeKeptAsync(Inner, head, null, cancellationToken);
            return await base.ReadAsync(blob, cancellationToken);
        }
    }

    private sealed class Broken : IRunReporter
    {
        public int Calls { get; private set; }

        public void Say(string line) => Fail();

        public void Expect(long totalSteps, int layerCount) => Fail();

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
