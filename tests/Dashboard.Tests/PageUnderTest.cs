using System.Collections.Concurrent;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace LisaOrleans.Dashboard.Tests;

/// <summary>The dashboard in a browser, with all that it asked for and complained about.</summary>
internal sealed class PageUnderTest : IAsyncDisposable
{
    /// <summary>How long a condition may take on a machine that is busy with other tests.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly IBrowserContext _context;
    private readonly Uri _address;
    private readonly ConcurrentQueue<string> _problems = new();
    private readonly ConcurrentQueue<string> _foreign = new();

    private PageUnderTest(IBrowserContext context, IPage page, Uri address)
    {
        (_context, Page, _address) = (context, page, address);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") _problems.Enqueue($"{message.Type}: {message.Text} ({message.Location})");
        };
        page.PageError += (_, error) => _problems.Enqueue(error);
        page.Request += (_, request) =>
        {
            if (new Uri(request.Url) is { Scheme: not "data" } url && url.Authority != address.Authority) _foreign.Enqueue(request.Url);
        };
    }

    public IPage Page { get; }

    public ILocator LossPlot => Page.Locator("figure.chart").First.Locator("svg.plot");

    public static async Task<PageUnderTest> OpenAsync(IBrowserContext context, Uri address)
    {
        context.SetDefaultTimeout((float)Patience.TotalMilliseconds);
        var page = new PageUnderTest(context, await context.NewPageAsync(), address);
        await page.Page.GotoAsync(address.ToString());
        return page;
    }

    /// <summary>A place of the page, such as <c>#/run/first</c>.</summary>
    public Task GoAsync(string place) => Page.GotoAsync(new Uri(_address, place).ToString());

    /// <summary>Points of the loss curve.</summary>
    public async Task<int> PointsAsync() =>
        await LossPlot.CountAsync() > 0 && await LossPlot.GetAttributeAsync("data-points") is { } points
            ? int.Parse(points, System.Globalization.CultureInfo.InvariantCulture) : 0;

    public Task SeesAsync(string text) => See(Page.GetByText(text).First);

    /// <summary>Waits until one of these is visible.</summary>
    public static Task See(ILocator locator) => locator.First.WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Visible });

    /// <summary>The badge beside the run's name.</summary>
    public Task HasStateAsync(string state) => See(Page.Locator(".run-title .badge", new PageLocatorOptions { HasTextString = state }));

    public Task PressAsync(string button) => Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = button, Exact = true }).ClickAsync();

    /// <summary>Waits until the browser is at a place. By its address: the event of a navigation may be over before one waits for it.</summary>
    /// <param name="part">What stands in the address then.</param>
    public async Task ArrivesAsync(string part)
    {
        try
        {
            await Until.True(() => Page.Url.Contains(part, StringComparison.Ordinal))
                .WaitAsync(TimeSpan.FromMinutes(3), TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"at {Page.Url}: {string.Join('\n', _problems)}");
        }
    }

    /// <summary>Neither errors on the console, nor a request to another host.</summary>
    public void IsQuiet()
    {
        Assert.Empty(_problems);
        Assert.Empty(_foreign);
    }

    /// <summary>Axe finds nothing wrong with names of controls, contrast, roles, the order of headings and the like.</summary>
    public async Task IsAccessibleAsync()
    {
        var result = await Page.RunAxe();
        var problems = string.Join(
            '\n', result.Violations.SelectMany(
                v => v.Nodes.Select(
                    n => $"{v.Id}: {v.Help}: {n.Html}: {string.Join("; ", n.Any.Concat(n.All).Concat(n.None).Select(c => c.Message))}")));
        Assert.True(problems.Length == 0, problems);
    }

    public async Task FitsAsync()
    {
        var widths = await Page.EvaluateAsync<int[]>("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]");
        Assert.True(widths[0] <= widths[1], $"the page is {widths[0]} pixels wide in a window of {widths[1]}");
    }

    /// <summary>Keeps a screenshot to look at where LISA_SCREENSHOTS names a folder.</summary>
    public async Task KeepAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("LISA_SCREENSHOTS") is { Length: > 0 } folder)
            await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{name}.png"), FullPage = true });
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
