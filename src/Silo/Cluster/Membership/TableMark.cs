using Azure;
using Azure.Data.Tables;

namespace LisaOrleans.Silo;

/// <summary>A cluster's mark as an entity of a table. Its age is measured by the service's clock, not this machine's.</summary>
/// <param name="table">The table of all clusters' marks.</param>
/// <param name="clusterId">The cluster.</param>
internal sealed class TableMark(TableClient table, string clusterId) : IClusterMark
{
    private const string Row = "version";
    private const string Probe = "probe";
    private const string Column = "Mark";

    public async Task<string?> ReadAsync() => Renewed(await FindAsync().ConfigureAwait(false));

    public async Task ProbeAsync()
    {
        await table.UpsertEntityAsync(new TableEntity(clusterId, Probe), TableUpdateMode.Replace).ConfigureAwait(false);
        await table.DeleteEntityAsync(clusterId, Probe).ConfigureAwait(false);
    }

    public async Task<string> ClaimAsync(string mark, string instead)
    {
        while (true)
        {
            var read = await FindAsync().ConfigureAwait(false);
            try
            {
                if (!read.HasValue)
                {
                    await table.AddEntityAsync(Entity(mark)).ConfigureAwait(false);
                    return mark;
                }

                if (Renewed(read) is { } other && other != instead) return other;
                await table.UpdateEntityAsync(Entity(mark), read.Value!.ETag, TableUpdateMode.Replace).ConfigureAwait(false);
                return mark;
            }
            catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
            {
                // Another silo was quicker: what it has written counts.
            }
        }
    }

    public Task RenewAsync(string mark) => table.UpsertEntityAsync(Entity(mark), TableUpdateMode.Replace);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task<NullableResponse<TableEntity>> FindAsync() => table.GetEntityIfExistsAsync<TableEntity>(clusterId, Row);

    // Null for none, and for one that is to be forgotten.
    private static string? Renewed(NullableResponse<TableEntity> read) =>
        read.HasValue && read.GetRawResponse().Headers.Date - read.Value!.Timestamp < IClusterMark.Lifetime
            ? read.Value.GetString(Column)
            : null;

    private TableEntity Entity(string mark) => new(clusterId, Row) { [Column] = mark };
}
