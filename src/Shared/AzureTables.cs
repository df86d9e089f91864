using Azure.Data.Tables;
using LisaOrleans.Checkpoints;

namespace LisaOrleans;

/// <summary>How a cluster's tables in Azure Storage are specified. Silo and client each compile this file.</summary>
internal static class AzureTables
{
    private const string Wanted =
        "it must be an Azure Storage connection string, or the URL of an account's tables (https://ACCOUNT.table.core.windows.net), "
        + "with a signature or for DefaultAzureCredential";

    // Characters that Orleans or Azure do not allow in a table's key.
    private static readonly char[] s_notInKeys = ['/', '\\', '#', '?', '|'];

    /// <summary>Reads a connection string or a URL.</summary>
    /// <exception cref="FormatException">The text is neither. The message holds no secret.</exception>
    public static TableServiceClient Open(string text)
    {
        var options = new TableClientOptions
        {
            Retry = { MaxRetries = 2, NetworkTimeout = TimeSpan.FromSeconds(10) },
            Diagnostics = { IsLoggingContentEnabled = false },
        };
        try
        {
            return AzureLocation.Open(
                text, connection => new TableServiceClient(connection, options), signed => new TableServiceClient(Tables(signed), options),
                (address, identity) => new TableServiceClient(Tables(address), identity, options));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw new FormatException(Wanted);
        }
    }

    /// <summary>The account, without its secrets.</summary>
    public static string Place(TableServiceClient client) => client.Uri.GetLeftPart(UriPartial.Path).TrimEnd('/');

    /// <summary>What is wrong with a cluster's id, which is a key of the tables; null if nothing is.</summary>
    public static string? ProblemOf(string clusterId) => clusterId.Any(c => char.IsControl(c) || s_notInKeys.Contains(c))
        ? $"'{clusterId}' cannot be a key in Azure tables; leave out {string.Join(' ', s_notInKeys)} and control characters"
        : null;

    private static Uri Tables(Uri address)
    {
        var tables = address.Host.Replace(".blob.", ".table.", StringComparison.OrdinalIgnoreCase);
        return tables == address.Host ? address : throw new FormatException($"{address.Host} holds blobs; the same account's tables are at {tables}");
    }
}
