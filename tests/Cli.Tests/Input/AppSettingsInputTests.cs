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
        { """{ "lisa": { "threads": "many" } }""", "lisa.threads is 'many'; it must be a whole number" },
        { """{ "lisa": { "threads": 1, "threads": 2 } }""", "appsettings.json: is not valid JSON: field 'threads' is given twice" },
        { """{ "lisa": { "treads": 1 } }""", "field 'lisa.treads' is unknown; did you mean 'threads'?" },
        { "\uFEFF// by hand\n{ \"Logging\": {}, \"Lisa\": { \"treads\": 1, }, }", "field 'lisa.treads' is unknown; did you mean 'threads'?" },
        { """{ "lisa": [] }""", "field 'lisa' must be an object" },
        { """{ "lisa": """, "appsettings.json: line 1, byte 11: is not valid JSON: it ends" },
    };

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
