using StackExchange.Redis;

namespace LisaOrleans;

/// <summary>
/// How a cluster's Redis is specified. Silo and client each compile this file: it is all the code about Redis that they share.
/// </summary>
internal static class RedisConfiguration
{
    private const string Wanted = "it must be HOST:PORT, a URL, or a StackExchange.Redis configuration";

    /// <summary>Reads a URL, HOST:PORT, or a StackExchange.Redis configuration.</summary>
    /// <exception cref="FormatException">The text is none of these. The message holds no secret.</exception>
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
            // It may be a password.
            if (options.EndPoints.Any(e => e.ToString()!.Contains('@', StringComparison.Ordinal)))
                throw new FormatException($"USER:PASSWORD@HOST:PORT needs redis:// or rediss:// before it; {Wanted}");
            if (options.EndPoints.Count == 0) throw new FormatException($"no host is named; {Wanted}");
            options.AbortOnConnectFail = false;
            return options;
        }
        catch (ArgumentException)
        {
            // What that exception quotes may be part of a password that contains a comma.
            throw new FormatException($"{Wanted}, and it is none of these or has an option that StackExchange.Redis does not know");
        }
    }
}
