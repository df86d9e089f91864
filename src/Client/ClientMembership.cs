using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace LisaOrleans.Client;

/// <summary>Where a client finds the silos of its cluster.</summary>
internal sealed class ClientMembership
{
    private readonly ConfigurationOptions? _redis;
    private readonly TableServiceClient? _tables;

    /// <exception cref="FormatException">What was written is wrong.</exception>
    public ClientMembership(LisaClientOptions options)
    {
        if (options.AzureTables is { } tables) _tables = AzureTables.Open(tables);
        else _redis = RedisConfiguration.Parse(options.Redis);
    }

    /// <summary>For messages; no secret.</summary>
    public string Place => _tables is null ? $"Redis at {RedisRefusal.PlaceOf(_redis!)}" : $"the tables at {AzureTables.Place(_tables)}";

    /// <summary>Whether a failure to connect will be the same the next time.</summary>
    public static bool IsRefusal(Exception? failure) =>
        failure is not null && (failure is RequestFailedException { Status: 401 or 403 } || IsRefusal(failure.InnerException));

    /// <summary>Why the place refuses this client, as soon as it says so; null where it does not.</summary>
    public Task<string?> FindRefusalAsync(string clusterId) =>
        _redis is null ? Task.FromResult<string?>(null) : RedisRefusal.FindAsync(_redis, clusterId);

    /// <summary>Why no silo was found, in words for people.</summary>
    public static string Describe(Exception failure) => failure switch
    {
        RedisConnectionException => "it cannot be reached; is Redis running there, with TLS as configured?",
        RedisTimeoutException => "it does not answer",
        SiloUnavailableException => "it names no silo that answers",
        _ when failure.Message.Contains("any gateway", StringComparison.Ordinal) => "it names no silo",
        _ => failure.Message.Split('\n')[0].Trim(),
    };

    public IClientBuilder AddTo(IClientBuilder client) => _tables is null
        ? client.UseRedisClustering(o => o.ConfigurationOptions = _redis!)
        : client.UseAzureStorageClustering(o => o.TableServiceClient = _tables);
}
