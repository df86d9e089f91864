namespace LisaOrleans.Cli.Tests;

/// <summary>An option that is not known is named, with the one that was likely meant; its value is not.</summary>
public sealed class UnknownOptionTests
{
    [Theory]
    [InlineData("train", "--stor", "--store")]
    [InlineData("train", "--maximum_steps", "--max-steps")]
    [InlineData("train", "--learning-rat", "--learning-rate")]
    [InlineData("silo", "--gatway-port", "--gateway-port")]
    [InlineData("watch", "--cluster", "--cluster-id")]
    [InlineData("export", "--out", "--output")]
    public async Task Option_unknown_is_named_with_the_nearest(string command, string option, string nearest)
    {
        var result = await LisaMain.RunAsync(command, option, "https://a/c?sig=SECRET");
        Assert.Equal(2, result.ExitCode);
        Assert.Equal($"lisa: unknown option '{option}'; did you mean '{nearest}'? 'lisa {command} --help' lists all\n", result.Error);
    }

    [Theory]
    [InlineData("--bogus", "'lisa train --help' lists all")]
    [InlineData("--no_packing", "use '--packing false'")]
    [InlineData("--device", "the first GPU that the process sees is used, or the processor where there is none; CUDA_VISIBLE_DEVICES chooses")]
    [InlineData("--use-peft", "--method lora trains adapters, and qlora on layers in NF4")]
    [InlineData("--report_to", "every step is logged, to trainer_log.jsonl and tensorboard/ in the output folder")]
    public async Task Option_unknown_and_like_none_is_answered_with_what_helps(string option, string answer)
    {
        var result = await LisaMain.RunAsync("train", option, "x");
        Assert.Equal(2, result.ExitCode);
        Assert.Equal($"lisa: unknown option '{option}'; {answer}\n", result.Error);
    }

    [Theory]
    [InlineData("tarin", "unknown command 'tarin'; did you mean 'train'? 'lisa --help' lists all")]
    [InlineData("keys", "a command is missing; 'lisa keys --help' lists all")]
    [InlineData("store lits", "unknown command 'lits'; did you mean 'list'? 'lisa store --help' lists all")]
    public async Task Command_unknown_is_named_with_the_nearest(string command, string answer)
    {
        var result = await LisaMain.RunAsync(command.Split(' '));
        Assert.Equal(2, result.ExitCode);
        Assert.Equal($"lisa: {answer}\n", result.Error);
    }

    [Fact]
    public async Task Option_unknown_with_its_value_attached_is_named_without_it()
    {
        var result = await LisaMain.RunAsync("train", "--strore=https://a/c?sig=SECRET");
        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("lisa: unknown option '--strore'; did you mean '--store'?", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("store verify", "--stor", "unknown option '--stor'; did you mean '--store'? 'lisa store verify --help' lists all")]
    [InlineData("keys new", "--scop", "unknown option '--scop'; did you mean '--scope'? 'lisa keys new --help' lists all")]
    [InlineData("cancel", "--stor", "unknown option '--stor'; did you mean '--store'? 'lisa cancel --help' lists all")]
    [InlineData("list", "--output-dir", "unknown option '--output-dir'; 'lisa list --help' lists all")]
    [InlineData("list", "--hepl", "unknown option '--hepl'; did you mean '--help'? 'lisa list --help' lists all")]
    [InlineData("eval", "-v", "unknown option '-v'; 'lisa eval --help' lists all")]
    [InlineData("status run", "-q", "unknown option '-q'; 'lisa status --help' lists all")]
    [InlineData("settings", "-q", "unknown option '-q'")]
    public async Task Option_unknown_is_named_as_it_was_written_and_its_command_whole(string command, string option, string answer)
    {
        var result = await LisaMain.RunAsync([.. command.Split(' '), option]);
        Assert.Equal(2, result.ExitCode);
        Assert.Equal($"lisa: {answer}\n", result.Error);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("watch")]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("cancel")]
    [InlineData("export")]
    [InlineData("history")]
    [InlineData("fork")]
    [InlineData("verify")]
    [InlineData("forget")]
    [InlineData("diff")]
    [InlineData("bisect")]
    public async Task Command_that_names_a_run_takes_cluster_redis_and_store(string command)
    {
        var help = await LisaMain.SucceedsAsync(command, "--help");
        Assert.All((string[])["--cluster-id", "--redis", "--store"], o => Assert.Contains(o + " ", help.Output, StringComparison.Ordinal));
    }
}
