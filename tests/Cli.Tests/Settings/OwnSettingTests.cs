namespace LisaOrleans.Cli.Tests;

/// <summary>A setting of one's own is a property with its attribute, and nothing else.</summary>
[Collection(nameof(OwnProgram))]
public sealed class OwnSettingTests(OwnProgram program)
{
    private const string LastProperty = "    public int Priority { get; init; }\n";

    private const string Property = """

        /// <value>Nothing that anybody uses yet. Default 3.</value>
        [Id(999)]
        [Setting("a setting of one's own"), Range(1, 9)]
        public int ToyNumber { get; init; } = 3;
    """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Adds the property to src/Abstractions.</summary>
    internal static Task AddAsync(string source, CancellationToken cancellationToken) => OwnProgram.ReplaceAsync(
        Path.Combine(source, "TrainingSpec.cs"), LastProperty, $"{LastProperty}{Property}\n", cancellationToken);

    [Fact]
    public async Task Add_setting_is_one_property_and_appears_everywhere()
    {
        using var folder = new TempFolder();
        string[] command = Sample.Train(folder["out"], more: ["--max-steps", "1"]);

        Assert.Matches(
            @"--toy-number <N> +a setting of one's own \[default: 3\]", await program.SucceedsAsync(["train", "--help"], Token));
        Assert.Contains("--toy-number", await program.RefusesAsync([.. command, "--toy-number", "10"], Token), StringComparison.Ordinal);
        await File.WriteAllTextAsync(folder["wrong.yaml"], "toy_number: 0", Token);
        Assert.Contains(
            "toy_number", await program.RefusesAsync([.. command, "--config", folder["wrong.yaml"]], Token), StringComparison.Ordinal);

        await File.WriteAllTextAsync(folder["right.yaml"], "toy_number: 4", Token);
        await program.SucceedsAsync([.. command, "--config", folder["right.yaml"]], Token);
        Assert.Contains(
            "toy_number: was 4, now 5", await program.RefusesAsync([.. command, "--toy-number", "5"], Token), StringComparison.Ordinal);
        await program.SucceedsAsync([.. command, "--toy-number", "4"], Token);
    }
}
