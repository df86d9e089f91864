namespace LisaOrleans.Cli.Tests;

/// <summary>Wrong values in the <c>appsettings.json</c> of the working folder.</summary>
public sealed class AppSettingsInputTests
{
    private const string InFolder = """cd "$0" && exec "$@" """;

    public static TheoryData<string, string> Wrong => new()
    {
        { """{ "lisa": { "redis": { "host": "a" } } }""", "lisa.redis: must be one value" },
        { """{ "lisa": { "redis": ["a", "b"] } }""", "lisa.redis: must be one value" },
        { """{ "lisa": { "roles": [["gpu"]] } }""", "lisa.roles: must be a value or a list of values" },
        { """{ "lisa": { "roles": [null] } }""", "lisa.roles: must be a value or a list of values" },
        { """{ "lisa": { "roles": ["gpu", "boss"] } }""", "lisa.roles: 'boss' is none of" },
        { """{ "lisa": { "roles": ["gpu,control"] } }""", "lisa.roles has an item with a comma, 'gpu,control'; make it several items" },
        { """{ "lisa": { "lr": 1, "learning_rate": 2 } }""", "lisa.learning_rate is 'lr', which is given too" },
        { """{ "lisa": { "threads": "many" } }""", "lisa.threads is 'many'; it must be a whole number" },
        { """{ "lisa": { "threads": 1, "threads": 2 } }""", "appsettings.json: is not valid JSON: field 'threads' is given twice" },
        { """{ "lisa": { "treads": 1 } }""", "field 'lisa.treads' is unknown; did you mean 'threads'?" },
        { "\uFEFF// by hand\n{ \"Logging\": {}, \"Lisa\": { \"treads\": 1, }, }", "field 'lisa.treads' is unknown; did you mean 'threads'?" },
        { """{ "lisa": [] }""", "field 'lisa' must be an object" },
        { """{ "lisa": """, "appsettings.json: line 1, byte 11: is not valid JSON: it ends" },
    };

    [Fact]
    public async Task Submit_variable_of_another_trainers_name_is_read_and_none_beside_ours()
    {
        var variables = new Dictionary<string, string> { ["LISA_LR"] = "fast" };
        using (var process = Lisa.Start(variables, ["submit"]))
            Lisa.AssertRefused(await process.EndAsync(TestContext.Current.CancellationToken), "LISA_LR is 'fast'; it must be a number");
        variables["LISA_LEARNING_RATE"] = "0.1";
        using (var process = Lisa.Start(variables, ["submit"]))
            Lisa.AssertRefused(await process.EndAsync(TestContext.Current.CancellationToken), "LISA_LR is 'LISA_LEARNING_RATE', which is given too");
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Silo_wrong_value_in_appsettings_is_refused(string json, string says)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there is no sh");
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["appsettings.json"], json, TestContext.Current.CancellationToken);
        using var process = new LisaProcess("sh", ["-c", InFolder, folder.Root, Lisa.Program, "silo", "--store", folder["store"]]);
        Lisa.AssertRefused(await process.EndAsync(TestContext.Current.CancellationToken), says);
    }
}
