using Azure;
using Azure.Data.Tables;
using Azure.Identity;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Silo;

/// <summary>A cluster's membership in tables of Azure Storage, so that a cluster on Azure needs no Redis.</summary>
public sealed class AzureTableMembership : IMembershipStore
{
    private const string Marks = "LisaClusters";

    private readonly TableServiceClient _tables;

    /// <summary>Names an account's tables without connecting yet.</summary>
    /// <param name="text">A connection string, or a URL with a signature or for DefaultAzureCredential.</param>
    /// <exception cref="FormatException">The text is neither. The message holds no secret.</exception>
    public AzureTableMembership(string text) => _tables = AzureTables.Open(text);

    /// <inheritdoc/>
    public string Name => "The table storage";

    /// <value>The account, without its secrets.</value>
    public string Place => AzureTables.Place(_tables);

    /// <inheritdoc/>
    public void AddTo(ISiloBuilder silo) =>
        silo.UseAzureStorageClustering(o => o.TableServiceClient = _tables).UseAzureTableReminderService(o => o.TableServiceClient = _tables);

    /// <inheritdoc/>
    public void AddTo(IClientBuilder client) => client.UseAzureStorageClustering(o => o.TableServiceClient = _tables);

    /// <inheritdoc/>
    public bool IsForgotten(Exception failure) => failure is KeyNotFoundException or RequestFailedException { Status: 404 };

    /// <inheritdoc/>
    public async Task<IClusterMark> OpenMarkAsync(string clusterId, CancellationToken cancellationToken)
    {
        var table = _tables.GetTableClient(Marks);
        await table.CreateIfNotExistsAsync(cancellationToken).ConfigureAwait(false);
        return new TableMark(table, clusterId);
    }

    /// <inheritdoc/>
    public async Task<ClusterTraits> TryAsync(
        string clusterId, Func<IClusterMark, Task<ClusterTraits>> ask, CancellationToken cancellationToken)
    {
        if (AzureTables.ProblemOf(clusterId) is { } problem) throw new MembershipUnusableException(problem);
        try
        {
            await using var mark = await OpenMarkAsync(clusterId, cancellationToken).ConfigureAwait(false);
            return await ask(mark).ConfigureAwait(false);
        }
        catch (RequestFailedException e) when (e.Status is 401 or 403)
        {
            throw new MembershipUnusableException(
                $"{Place} denies access ({e.Status} {e.ErrorCode}); check the key, or the signature's expiry and its rights to make, read and "
                    + "change tables");
        }
        catch (AuthenticationFailedException e)
        {
            throw new MembershipUnusableException($"{Place} needs a signature or an identity: {SecretMask.FirstLine(e.Message)}");
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException)
        {
            var told = ((e as AggregateException)?.InnerException ?? e).Message;
            throw new MembershipUnusableException($"{Place} cannot be used: {SecretMask.FirstLine(told)}")
            {
                MayPass = e is not RequestFailedException { Status: > 0 },
            };
        }
    }
}
