using Microsoft.Extensions.Options;

namespace LisaOrleans.Client;

/// <summary>Checks a client's options before anything is connected to. Messages hold no value of the options: some are secrets.</summary>
internal sealed class LisaClientOptionsValidator : IValidateOptions<LisaClientOptions>
{
    public ValidateOptionsResult Validate(string? name, LisaClientOptions options)
    {
        var problems = new List<string>();
        if (string.IsNullOrWhiteSpace(options.ClusterId))
            problems.Add($"{nameof(options.ClusterId)} is empty; it must be the id that the silos were started with");
        if (RedisProblem(options.Redis) is { } problem) problems.Add($"{nameof(options.Redis)}: {problem}");
        if (options.AzureTables is { } tables) AddTables(tables);
        if (options.Tls is { } tls && TlsProblem(tls) is { } refused) problems.Add($"{nameof(options.Tls)}.{refused}");
        if (options.Store is { } store && string.IsNullOrWhiteSpace(store))
            problems.Add($"{nameof(options.Store)} is empty; it must be a folder, s3://BUCKET/PREFIX, a connection string or a URL, or null");
        Positive(nameof(options.ConnectTimeout), options.ConnectTimeout);
        Positive(nameof(options.RetryTimeout), options.RetryTimeout);
        Positive(nameof(options.StopTimeout), options.StopTimeout);
        Positive(nameof(options.ImportTimeout), options.ImportTimeout);
        Positive(nameof(options.WatchTimeout), options.WatchTimeout);
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

        void AddTables(string text)
        {
            if (options.Redis != LisaClientOptions.DefaultRedis)
                problems.Add($"{nameof(options.AzureTables)} and {nameof(options.Redis)} are both set; a cluster has one of them");
            if (TablesProblem(text) is { } wrong) problems.Add($"{nameof(options.AzureTables)}: {wrong}");
            if (AzureTables.ProblemOf(options.ClusterId) is { } key) problems.Add($"{nameof(options.ClusterId)}: {key}");
        }

        void Positive(string setting, TimeSpan value)
        {
            if (value <= TimeSpan.Zero) problems.Add($"{setting} is {value}; it must be above 0");
        }
    }

    private static string? TlsProblem(ClusterTlsOptions tls)
    {
        try
        {
            _ = new TlsCredentials(tls);
            return null;
        }
        catch (ClusterTlsException e)
        {
            return $"{e.Option}: {e.Message}";
        }
    }

    private static string? TablesProblem(string text)
    {
        try
        {
            AzureTables.Open(text);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    private static string? RedisProblem(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return "is empty; it must be HOST:PORT, a URL, or a StackExchange.Redis configuration";
        try
        {
            RedisConfiguration.Parse(text);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }
}
