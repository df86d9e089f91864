using LisaOrleans.Silo;

namespace LisaOrleans.Cli;

/// <summary>Whether Azure tables can hold a cluster's membership.</summary>
internal static class TablesCheck
{
    private const string Subject = "tables";

    public static async Task<Check> Run(SettingValues values, CancellationToken cancellationToken)
    {
        try
        {
            var tables = new AzureTableMembership(values.Text(KnownSettings.AzureTables));
            await MembershipCheck.LookAsync(tables, values.Text(KnownSettings.ClusterId), ClusterTls.Traits(values), cancellationToken);
            return new Check(Subject, Verdict.Ok, tables.Place);
        }
        catch (Exception e) when (e is FormatException or MembershipUnusableException)
        {
            return new Check(Subject, Verdict.Fault, e.Message);
        }
    }
}
