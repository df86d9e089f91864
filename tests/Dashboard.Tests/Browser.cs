using Microsoft.Playwright;

// A browser and a cluster at a time are enough for two cores.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(LisaOrleans.Dashboard.Tests.Browser))]

namespace LisaOrleans.Dashboard.Tests;

/// <summary>One headless Chromium for all tests; eng/test-services.sh installs it where it can.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>The browser named by LISA_CHROMIUM, else the first on PATH; null where there is none.</summary>
    private static string? Executable { get; } =
        Environment.GetEnvironmentVariable("LISA_CHROMIUM") is { Length: > 0 } named
            ? named
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin")
                .SelectMany(folder => s_names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);

    public async ValueTask InitializeAsync()
    {
        if (Executable is null) return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Executable,
            Args = ["--no-sandbox", "--disable-dev-shm-usage"],
            Timeout = (float)PageUnderTest.Patience.TotalMilliseconds,
        });
    }

    /// <summary>A page of its own, or a skipped test where there is no browser.</summary>
    internal async Task<PageUnderTest> OpenAsync(Uri address, ColorScheme scheme = ColorScheme.Light, int width = 1280, int height = 900)
    {
        Assert.SkipWhen(_browser is null, "no Chromium on PATH (set LISA_CHROMIUM to one)");
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            ColorScheme = scheme,
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ReducedMotion = ReducedMotion.Reduce,
        });
        return await PageUnderTest.OpenAsync(context, address);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
