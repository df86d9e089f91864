namespace LisaOrleans.Cli.Tests;

public sealed class SettingsDocumentTests
{
    [Fact]
    public async Task Settings_prints_the_page_of_settings()
    {
        var printed = await Lisa.SucceedsAsync("settings");
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "settings.md"), TestContext.Current.CancellationToken);
        Assert.True(printed.Output == page, "docs/settings.md is not up to date; write it with: lisa settings > docs/settings.md");
    }
}
