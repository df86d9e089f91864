using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LisaOrleans.Client.Tests;

/// <summary>Wrong options stop a service when it starts, with their names and without their values.</summary>
public sealed class OptionsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, Action<LisaClientOptions>> Wrong => new()
    {
        { "ClusterId", o => o.ClusterId = " " },
        { "Redis", o => o.Redis = "" },
        { "Redis", o => o.Redis = "localhost:6379,password=s3cret,noSuchOption=1" },
        { "AzureTables", o => o.AzureTables = "" },
        { "AzureTables", o => o.AzureTables = "AccountName=x;AccountKey=s3cret" },
        { "AzureTables", o => o.AzureTables = "https://account.blob.core.windows.net/?sig=s3cret" },
        { "AzureTables", o => (o.AzureTables, o.Redis) = ("UseDevelopmentStorage=true", "elsewhere:6379") },
        { "ClusterId", o => (o.AzureTables, o.ClusterId) = ("UseDevelopmentStorage=true", "a/b") },
        { "Store", o => o.Store = "" },
        { "ConnectTimeout", o => o.ConnectTimeout = TimeSpan.Zero },
        { "RetryTimeout", o => o.RetryTimeout = TimeSpan.FromSeconds(-1) },
        { "WatchTimeout", o => o.WatchTimeout = TimeSpan.Zero },
        { "StopTimeout", o => o.StopTimeout = TimeSpan.Zero },
        { "ImportTimeout", o => o.ImportTimeout = TimeSpan.FromSeconds(-1) },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task AddLisaClient_wrong_option_stops_the_service(string option, Action<LisaClientOptions> spoil)
    {
        using var host = new HostBuilder().ConfigureServices(services => services.AddLisaClient(spoil)).Build();
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token));
        Assert.Contains(option, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", error.ToString(), StringComparison.Ordinal);

        var options = new LisaClientOptions();
        spoil(options);
        await Assert.ThrowsAsync<OptionsValidationException>(() => LisaClient.ConnectAsync(options, Token));
    }

    [Fact]
    public async Task AddLisaClient_starts_without_a_cluster_and_calls_say_so()
    {
        using var host = new HostBuilder().ConfigureServices(services => services.AddLisaClient(o =>
        {
            o.Redis = "127.0.0.1:1,connectTimeout=100";
            (o.ConnectTimeout, o.RetryTimeout) = (TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(1));
        })).Build();
        await host.StartAsync(Token);
        var client = host.Services.GetRequiredService<LisaClient>();
        await Assert.ThrowsAsync<ClusterUnavailableException>(() => client.GetAsync("any", Token));
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task SubmitAsync_without_a_store_says_what_is_missing()
    {
        await using var client = new LisaClient(new LisaClientOptions(), null, TimeProvider.System);
        var spec = new TrainingSpec { RunName = "z", BlockSize = 0, Dtype = "auto", Threads = 0 };
        var request = new RunRequest { ModelFolder = "x", DataFile = "y", Spec = spec };
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => client.SubmitAsync(request, null, Token));
        Assert.Contains("Store", error.Message, StringComparison.Ordinal);
        var name = await Assert.ThrowsAsync<InvalidTrainingSettingException>(() => client.GetAsync("../x", Token));
        Assert.Equal("run_name", name.Setting);
    }
}
