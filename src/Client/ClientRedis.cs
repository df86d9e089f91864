using StackExchange.Redis;

namespace LisaOrleans.Client;

/// <summary>How a cluster's Redis is written.</summary>
internal static class ClientRedis
{
    /// <summary>Reads a URL, HOST:PORT, or a StackExchange.Redis configuration.</summary>
    /// <exception cref="FormatException">It is none of these. The message holds no secret.</exception>
    public static ConfigurationOptions Parse(string text)
    {
        try
        {
            var options = RedisAddress.Parse(text) is { } address
                ? new ConfigurationOptions
                {
                    EndPoints = { { address.Host, address.Port } },
                    User = address.User,
                    Password = address.Password,
                    Ssl = address.Tls,
                    DefaultDatabase = address.Database,
                }
                : ConfigurationOptions.Parse(text);
            if (options.EndPoints.Count == 0) throw new FormatException("no host is named; it must be HOST:PORT, a URL, or a StackExchange.Redis configuration");
            options.AbortOnConnectFail = false;
            return options;
        }
        catch (ArgumentException)
        {
            throw new FormatException("must be HOST:PORT, a URL, or a StackExchange.Redis configuration");
        }
    }
}
