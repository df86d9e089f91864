using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LisaOrleans.Client.Tests;

/// <summary>Wrong options stop a service when it starts, with their names and without their values.</summary>
public sealed class OptionsTests
{
    private static readonly DatasetSettings s_split = new() { ValidationSplit = "0.1" };

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

    public static TheoryData<string, TrainingSpec, DatasetSettings> Unfit => new()
    {
        { "lora_r", Of() with { LoraR = 4 }, new() },
        { "eval_steps", Of() with { EvalSteps = 10 }, new() },
        { "early_stopping_patience", Of() with { EarlyStoppingPatience = 2 }, new() },
        { "load_best_model_at_end", Of() with { LoadBestModelAtEnd = true, EvalSteps = 10, SaveSteps = 15 }, s_split },
        { "save_total_limit", Of() with { SaveTotalLimit = 2, KeepManifests = "all" }, new() },
    };

    // Before the store is asked for, and so before anything is uploaded.
    [Theory]
    [MemberData(nameof(Unfit), DisableDiscoveryEnumeration = true)]
    public async Task SubmitAsync_settings_that_do_not_fit_are_refused_first(string setting, TrainingSpec spec, DatasetSettings dataset)
    {
        await using var client = new LisaClient(new LisaClientOptions(), null, TimeProvider.System);
        var request = new RunRequest { ModelFolder = "x", DataFile = "y", Spec = spec, Dataset = dataset };
        var error = await Assert.ThrowsAsync<InvalidTrainingSettingException>(() => client.SubmitAsync(request, null, Token));
        Assert.Equal(setting, error.Setting);
    }

    [Fact]
    public async Task SubmitAsync_two_sources_of_evaluation_data_are_refused_first()
    {
        await using var client = new LisaClient(new LisaClientOptions(), null, TimeProvider.System);
        var request = new RunRequest
        {
            ModelFolder = "x",
            DataFile = "y",
            EvalDataFile = "z",
            Dataset = s_split,
            Spec = Of(),
        };
        var error = await Assert.ThrowsAsync<InvalidTrainingSettingException>(() => client.SubmitAsync(request, null, Token));
        Assert.Equal("validation_split", error.Setting);
    }

    private static TrainingSpec Of() => new() { RunName = "z" };
}
